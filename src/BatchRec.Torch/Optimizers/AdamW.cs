using BatchRec.Torch.Native;
using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019).</summary>
            public static AdamW AdamW(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            /// <summary>The same, with groups that override the learning rate, the decay, …</summary>
            public static AdamW AdamW(IEnumerable<AdamW.ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    using static torch;

    /// <summary>Adam with decoupled weight decay, a group of parameters in one native call.</summary>
    public class AdamW : optim.Optimizer
    {
        private readonly Options _defaults;
        private readonly Dictionary<Parameter, State> _states = new(ReferenceEqualityComparer.Instance);
        private readonly Dictionary<DeviceType, Tensor> _stepCounts = [];

        public AdamW(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
            : this([new ParamGroup { Parameters = [.. parameters] }], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize) { }

        public AdamW(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
        {
            ArgumentNullException.ThrowIfNull(parameters);
            if (amsgrad) throw new NotSupportedException("AdamW: amsgrad is not bound.");
            if (lr < 0 || eps < 0 || beta1 is < 0 or >= 1 || beta2 is < 0 or >= 1 || weight_decay < 0)
                throw new ArgumentException($"AdamW: lr {lr}, eps {eps} and weight_decay {weight_decay} must be 0 or more, beta1 {beta1} and beta2 {beta2} in [0, 1).");
            _defaults = new Options
            {
                LearningRate = lr, InitialLearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay,
                amsgrad = amsgrad, maximize = maximize,
            };
            foreach (var group in parameters) add_param_group(group);
        }

        public void add_param_group(Modules.ParamGroup param_group)
        {
            ArgumentNullException.ThrowIfNull(param_group);
            param_group.Options ??= new Options();
            var options = (Options)param_group.Options;
            options.LearningRate ??= _defaults.LearningRate;
            options.InitialLearningRate = options.LearningRate!.Value;
            options.beta1 ??= _defaults.beta1;
            options.beta2 ??= _defaults.beta2;
            options.eps ??= _defaults.eps;
            options.weight_decay ??= _defaults.weight_decay;
            options.amsgrad ??= _defaults.amsgrad;
            options.maximize ??= _defaults.maximize;
            param_group.Parameters = [.. param_group.Parameters];
            Groups.Add(param_group);
            foreach (var parameter in param_group.Parameters) _states.Add(parameter, new State(parameter));
        }

        /// <summary>One update of every parameter that has a gradient.</summary>
        /// <returns>what <paramref name="closure"/>, called first, returned</returns>
        public override Tensor? step(Func<Tensor>? closure = null)
        {
            var loss = closure?.Invoke();
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            foreach (var group in Groups)
                foreach (var alike in group.Parameters
                    .Select(parameter => (Parameter: parameter, Gradient: parameter.grad))
                    .Where(pair => pair.Gradient is not null)
                    .GroupBy(pair => (_states[pair.Parameter].step, pair.Parameter.device_type)))
                    Step((Options)group.Options!, [.. alike.Select(pair => pair.Parameter)], [.. alike.Select(pair => pair.Gradient!)], alike.Key.step + 1, alike.Key.device_type);
            return loss;
        }

        private void Step(Options options, Parameter[] parameters, Tensor[] gradients, long step, DeviceType device)
        {
            var states = Array.ConvertAll(parameters, parameter => _states[parameter]);
            foreach (var state in states) state.step = step;
            // The kernel wants a count a parameter, on the parameter's device; one tensor can stand for all.
            if (!_stepCounts.TryGetValue(device, out var count))
                _stepCounts.Add(device, count = zeros([], ScalarType.Float32, parameters[0].device).DetachFromDisposeScope());
            count.fill_(step);
            var counts = new Tensor[parameters.Length];
            Array.Fill(counts, count);
            Operators.FusedAdamW.Run(
                parameters, gradients, Array.ConvertAll(states, state => state.exp_avg), Array.ConvertAll(states, state => state.exp_avg_sq),
                Array.Empty<Tensor>(), counts, options.LearningRate!.Value, options.beta1!.Value, options.beta2!.Value, options.weight_decay!.Value,
                options.eps!.Value, false, options.maximize!.Value, Argument.None, Argument.None);
        }

        public virtual StateDictionary state_dict()
        {
            var dictionary = new StateDictionary();
            foreach (var group in Groups)
            {
                dictionary.Options.Add(group.Options!);
                dictionary.State.AddRange(group.Parameters.Select(parameter => _states[parameter]));
            }
            return dictionary;
        }

        /// <summary>Writes the groups' options and the parameters' moments.</summary>
        public void save_state_dict(BinaryWriter writer)
        {
            ArgumentNullException.ThrowIfNull(writer);
            var state = state_dict();
            writer.Write(nameof(AdamW));
            writer.Write7BitEncodedInt(state.Options.Count);
            writer.Write7BitEncodedInt(state.State.Count);
            foreach (var options in state.Options) options.SaveStateDict(writer);
            foreach (var one in state.State) one.SaveStateDict(writer);
        }

        /// <summary>Reads what <see cref="save_state_dict(BinaryWriter)"/> wrote.</summary>
        /// <exception cref="ArgumentException">It was written by an optimizer of other parameters.</exception>
        public void load_state_dict(BinaryReader reader)
        {
            ArgumentNullException.ThrowIfNull(reader);
            if (reader.ReadString() is var name && name != nameof(AdamW))
                throw new InvalidDataException($"The stream holds the state of {name}, not of {nameof(AdamW)}.");
            var (groups, parameters, own) = (reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt(), state_dict());
            if (groups != own.Options.Count || parameters != own.State.Count)
                throw new ArgumentException(
                    $"The stream holds {groups} groups of {parameters} parameters, the optimizer has {own.Options.Count} of {own.State.Count}.", nameof(reader));
            foreach (var options in own.Options) options.LoadStateDict(reader);
            foreach (var one in own.State) one.LoadStateDict(reader);
        }

        protected override void Dispose(bool disposing)
        {
            if (!disposing) return;
            foreach (var state in _states.Values) state.Dispose();
            foreach (var count in _stepCounts.Values) count.Dispose();
        }

        /// <summary>Steps done, and the moving averages of a parameter's gradient and of its square.</summary>
        public sealed class State : OptimizerState, IDisposable
        {
            public long step;
            public Tensor exp_avg;
            public Tensor exp_avg_sq;

            internal State(Parameter parameter)
            {
                exp_avg = zeros_like(parameter).DetachFromDisposeScope();
                exp_avg_sq = zeros_like(parameter).DetachFromDisposeScope();
            }

            public override void SaveStateDict(BinaryWriter writer)
            {
                writer.Write(step);
                exp_avg.Save(writer);
                exp_avg_sq.Save(writer);
                writer.Write(false);
            }

            public override void LoadStateDict(BinaryReader reader)
            {
                step = reader.ReadInt64();
                exp_avg.Load(reader);
                exp_avg_sq.Load(reader);
                if (reader.ReadBoolean()) throw new NotSupportedException("AdamW: the stream holds the state of amsgrad, which is not bound.");
            }

            public void Dispose()
            {
                exp_avg.Dispose();
                exp_avg_sq.Dispose();
            }
        }

        public class Options : OptimizerOptions
        {
            public double? beta1;
            public double? beta2;
            public double? weight_decay;
            public double? eps;
            public bool? amsgrad;
            public bool? maximize;

            public override void SaveStateDict(BinaryWriter writer)
            {
                base.SaveStateDict(writer);
                writer.Write(beta1!.Value);
                writer.Write(beta2!.Value);
                writer.Write(eps!.Value);
                writer.Write(weight_decay!.Value);
                writer.Write(amsgrad!.Value);
                writer.Write(maximize!.Value);
            }

            public override void LoadStateDict(BinaryReader reader)
            {
                base.LoadStateDict(reader);
                beta1 = reader.ReadDouble();
                beta2 = reader.ReadDouble();
                eps = reader.ReadDouble();
                weight_decay = reader.ReadDouble();
                amsgrad = reader.ReadBoolean();
                maximize = reader.ReadBoolean();
            }
        }

        public class ParamGroup : ParamGroup<Options>
        {
            public ParamGroup() { }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

            public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
                : base(parameters, new Options { LearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay, amsgrad = amsgrad, maximize = maximize }) { }
        }
    }
}
