using BatchRec.Torch.Native;
using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>y = x Wᵀ + b</summary>
            public static Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);

            /// <summary>Rows of a trainable table.</summary>
            public static Embedding Embedding(long num_embeddings, long embedding_dims, long? padding_idx = null, double? max_norm = null, double norm_type = 2.0, bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null) =>
                max_norm is null && !scale_grad_by_freq && !sparse
                    ? new Embedding(num_embeddings, embedding_dims, padding_idx, device, dtype)
                    : throw new NotSupportedException("Embedding: max_norm, scale_grad_by_freq and sparse are not bound.");

            public static LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

            public static LayerNorm LayerNorm(long[] normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

            public static Dropout Dropout(double p = 0.5, bool inplace = false) => new(p);

            /// <summary>Modules in a row, registered under their indices.</summary>
            public static ModuleList<T> ModuleList<T>(params T[] modules) where T : Module => new(modules);
        }
    }
}

namespace TorchSharp.Modules
{
    using static torch;

    public sealed class Linear : nn.Module<Tensor, Tensor>
    {
        internal Linear(long inputs, long outputs, bool hasBias, Device? device, ScalarType? type) : base(nameof(Linear))
        {
            (in_features, out_features) = (inputs, outputs);
            // Uniform within ±1/√inputs, as PyTorch's kaiming_uniform_(a = √5) comes out.
            var bound = 1 / Math.Sqrt(inputs);
            weight = new Parameter(empty([outputs, inputs], type, device).uniform_(-bound, bound));
            weight.DetachFromDisposeScope();
            register_parameter(nameof(weight), weight);
            if (!hasBias) return;
            bias = new Parameter(empty([outputs], type, device).uniform_(-bound, bound));
            bias.DetachFromDisposeScope();
            register_parameter(nameof(bias), bias);
        }

        public long in_features { get; }

        public long out_features { get; }

        /// <summary>(out_features, in_features)</summary>
        public Parameter weight { get; }

        /// <summary>(out_features)</summary>
        public Parameter? bias { get; }

        public override Tensor forward(Tensor input) => nn.functional.linear(input, weight, bias);
    }

    public sealed class Embedding : nn.Module<Tensor, Tensor>
    {
        private readonly long _padding;

        internal Embedding(long rows, long columns, long? padding, Device? device, ScalarType? type) : base(nameof(Embedding))
        {
            _padding = padding ?? -1;
            weight = new Parameter(empty([rows, columns], type, device).normal_());
            weight.DetachFromDisposeScope();
            register_parameter(nameof(weight), weight);
            if (padding is not { } row) return;
            using var noGrad = no_grad();
            using var zeros = weight.narrow(0, row, 1);
            zeros.zero_();
        }

        /// <summary>(num_embeddings, embedding_dims); never null, but for the compiler as in TorchSharp.</summary>
        public Parameter? weight { get; }

        /// <summary>Indices of any shape -> the shape with one more dimension, embedding_dims.</summary>
        public override Tensor forward(Tensor input) => Operators.Embedding.Tensor(weight!, input, _padding, false, false);
    }

    public sealed class LayerNorm : nn.Module<Tensor, Tensor>
    {
        internal LayerNorm(long[] shape, double eps, bool affine, bool hasBias, Device? device, ScalarType? type) : base(nameof(LayerNorm))
        {
            (normalized_shape, this.eps) = (shape, eps);
            if (!affine) return;
            weight = new Parameter(ones(shape, type, device));
            weight.DetachFromDisposeScope();
            register_parameter(nameof(weight), weight);
            if (!hasBias) return;
            bias = new Parameter(zeros(shape, type, device));
            bias.DetachFromDisposeScope();
            register_parameter(nameof(bias), bias);
        }

        public long[] normalized_shape { get; }

        public double eps { get; }

        public Parameter? weight { get; }

        public Parameter? bias { get; }

        public override Tensor forward(Tensor input) => nn.functional.layer_norm(input, normalized_shape, weight, bias, eps);
    }

    public sealed class Dropout : nn.Module<Tensor, Tensor>
    {
        internal Dropout(double p) : base(nameof(Dropout)) => this.p = p;

        public double p { get; }

        public override Tensor forward(Tensor input) => nn.functional.dropout(input, p, training);
    }

    public sealed class ModuleList<T> : nn.Module, IEnumerable<T> where T : nn.Module
    {
        private readonly List<T> _list = [];

        public ModuleList(params T[] modules) : base("ModuleList")
        {
            foreach (var module in modules) Add(module);
        }

        public int Count => _list.Count;

        public T this[int index] => _list[index];

        public void Add(T item)
        {
            register_module($"{_list.Count}", item);
            _list.Add(item);
        }

        public IEnumerator<T> GetEnumerator() => _list.GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    public sealed class GELU : nn.Module<Tensor, Tensor>
    {
        /// <summary>By the error function, or by a formula with tanh that is faster and differs by up to 5e-4.</summary>
        public enum Approximate { none, tanh }

        internal GELU() : base(nameof(GELU)) { }

        public override Tensor forward(Tensor input) => input.gelu();
    }
}
