using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>
        /// A part of a model: parameters, buffers and further modules, found in its fields by <see cref="RegisterComponents"/>, or registered one by one.
        /// </summary>
        public class Module : IDisposable
        {
            private readonly List<(string name, Module module)> _modules = [];
            private readonly List<(string name, Parameter parameter)> _parameters = [];
            private readonly List<(string name, Tensor buffer)> _buffers = [];
            private readonly string _name;
            private bool _registered;

            protected Module(string name) => _name = name;

            public virtual bool training { get; private set; } = true;

            public virtual string GetName() => _name;

            public virtual void register_parameter(string name, Parameter param)
            {
                ThrowIfTaken(name);
                _parameters.Add((name, param));
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                ThrowIfTaken(name);
                if (persistent) _buffers.Add((name, tensor));
            }

            public virtual void register_module(string name, Module submodule)
            {
                ThrowIfTaken(name);
                submodule.RegisterComponents();
                _modules.Add((name, submodule));
            }

            public virtual IEnumerable<(string name, Module module)> named_children() => _modules;

            public virtual IEnumerable<Module> children() => _modules.Select(m => m.module);

            /// <summary>The children, then each child's own; in TorchSharp's order, which isn't PyTorch's.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules() =>
                _modules.Concat(_modules.SelectMany(m => m.module.named_modules().Select(inner => ($"{m.name}.{inner.name}", inner.module))));

            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) => recurse
                ? _parameters.Concat(_modules.SelectMany(m => m.module.named_parameters().Select(p => (name: $"{m.name}.{p.name}", p.parameter)))).DistinctBy(p => p.parameter)
                : _parameters;

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(p => p.parameter);

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true) => recurse
                ? _buffers.Concat(_modules.SelectMany(m => m.module.named_buffers().Select(b => ($"{m.name}.{b.name}", b.buffer))))
                : _buffers;

            public virtual void train(bool train = true)
            {
                training = train;
                foreach (var child in children()) child.train(train);
            }

            public virtual void eval() => train(false);

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    if (set_to_none) parameter.grad = null;
                    else
                    {
                        using var gradient = parameter.grad;
                        gradient?.zero_();
                    }
                }
            }

            /// <summary>Parameters and buffers by name; the tensors themselves, not copies.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                var before = string.IsNullOrEmpty(prefix) ? "" : prefix + ".";
                foreach (var (name, parameter) in named_parameters()) destination.TryAdd(before + name, parameter);
                foreach (var (name, buffer) in named_buffers()) destination.TryAdd(before + name, buffer);
                return destination;
            }

            /// <summary>Copies tensors of the same names and shapes into this module's.</summary>
            /// <exception cref="InvalidOperationException">A name is missing or unknown, and <paramref name="strict"/> holds.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                ArgumentNullException.ThrowIfNull(source);
                skip ??= [];
                var own = state_dict();
                List<string> missing = [.. own.Keys.Except(source.Keys).Except(skip)];
                List<string> unexpected = [.. source.Keys.Except(own.Keys).Except(skip)];
                if (strict && missing.Count + unexpected.Count > 0)
                    throw new InvalidOperationException(
                        $"The state is another model's: it lacks [{string.Join(", ", missing)}] and has [{string.Join(", ", unexpected)}] besides.");
                using var noGrad = no_grad();
                foreach (var (name, tensor) in source)
                    if (!skip.Contains(name) && own.TryGetValue(name, out var target)) target.copy_(tensor);
                return (missing, unexpected);
            }

            /// <summary>Writes the count, then each name and tensor.</summary>
            public Module save(BinaryWriter writer, IList<string>? skip = null)
            {
                ArgumentNullException.ThrowIfNull(writer);
                var state = state_dict().Where(entry => skip?.Contains(entry.Key) != true).ToArray();
                writer.Write7BitEncodedInt(state.Length);
                foreach (var (name, tensor) in state)
                {
                    writer.Write(name);
                    tensor.Save(writer);
                }
                return this;
            }

            public Module save(Stream stream, IList<string>? skip = null)
            {
                using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
                return save(writer, skip);
            }

            public Module save(string location, IList<string>? skip = null)
            {
                using var stream = File.Create(location);
                return save(stream, skip);
            }

            /// <summary>Reads what <see cref="save(BinaryWriter, IList{string})"/> wrote.</summary>
            /// <exception cref="ArgumentException">It was written by a module with other names, types or shapes.</exception>
            public virtual Module load(BinaryReader reader, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                ArgumentNullException.ThrowIfNull(reader);
                var own = state_dict();
                var count = reader.Read7BitEncodedInt();
                if (strict && count != own.Count)
                    throw new ArgumentException($"The stream holds {count} tensors, the module {GetName()} has {own.Count}.", nameof(reader));
                for (var i = 0; i < count; i++)
                {
                    var name = reader.ReadString();
                    var found = own.TryGetValue(name, out var tensor);
                    if (strict && !found) throw new ArgumentException($"The stream holds {name}, which the module {GetName()} has not.", nameof(reader));
                    (tensor ?? own.Values.First()).Load(reader, skip: !found || skip?.Contains(name) == true);
                    loadedParameters?.Add(name, found);
                }
                return this;
            }

            public virtual Module load(string location, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                using var reader = new BinaryReader(File.OpenRead(location));
                return load(reader, strict, skip, loadedParameters);
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing) return;
                foreach (var (_, buffer) in _buffers) buffer.Dispose();
                foreach (var (_, parameter) in _parameters) parameter.Dispose();
                foreach (var (_, module) in _modules) module.Dispose();
            }

            /// <summary>Registers every field that holds a module, a parameter or a tensor, under the field's name. Call it at the end of the constructor.</summary>
            protected virtual void RegisterComponents()
            {
                if (_registered) return;
                _registered = true;
                foreach (var field in Fields(GetType()))
                {
                    var value = field.GetValue(this);
                    // A property's field holds what its constructor has registered under the property's name.
                    if (value is null || IsTaken(field.Name) || IsRegistered(value)) continue;
                    switch (value)
                    {
                        case Module module: register_module(field.Name, module); break;
                        case Parameter parameter: register_parameter(field.Name, parameter); break;
                        case Tensor tensor: register_buffer(field.Name, tensor); break;
                        default: break;
                    }
                }
            }

            /// <summary>Moves parameters and buffers to a device.</summary>
            internal void MoveTo(Device device)
            {
                using var noGrad = no_grad();
                foreach (var tensor in state_dict().Values)
                {
                    using var moved = tensor.to(device);
                    tensor.Replace(moved);
                }
            }

            // The base classes' fields first, each class's in the order of its declarations.
            private static IEnumerable<FieldInfo> Fields(Type type)
            {
                if (type == typeof(Module) || type.BaseType is not { } parent) return [];
                return Fields(parent).Concat(type
                    .GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                    .OrderBy(field => field.MetadataToken));
            }

            private bool IsTaken(string name) =>
                _modules.Exists(m => m.name == name) || _parameters.Exists(p => p.name == name) || _buffers.Exists(b => b.name == name);

            private bool IsRegistered(object component) =>
                _modules.Exists(m => m.module == component) || _parameters.Exists(p => p.parameter == component) || _buffers.Exists(b => b.buffer == component);

            private void ThrowIfTaken(string name)
            {
                if (IsTaken(name)) throw new InvalidOperationException($"{GetName()} has a component {name} already.");
            }
        }

        public abstract class Module<T, TResult> : Module
        {
            protected Module(string name) : base(name) { }

            public abstract TResult forward(T input);

            public TResult call(T input) => forward(input);
        }

        public abstract class Module<T1, T2, TResult> : Module
        {
            protected Module(string name) : base(name) { }

            public abstract TResult forward(T1 input1, T2 input2);

            public TResult call(T1 input1, T2 input2) => forward(input1, input2);
        }

        public abstract class Module<T1, T2, T3, TResult> : Module
        {
            protected Module(string name) : base(name) { }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3);

            public TResult call(T1 input1, T2 input2, T3 input3) => forward(input1, input2, input3);
        }
    }
}

public static class ModuleExtensionMethods
{
    /// <summary>Moves a module's parameters and buffers to a device.</summary>
    public static T to<T>(this T module, torch.Device device, bool non_blocking = false) where T : torch.nn.Module
    {
        ArgumentNullException.ThrowIfNull(module);
        module.MoveTo(device);
        return module;
    }
}
