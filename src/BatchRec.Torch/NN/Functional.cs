using BatchRec.Torch.Accelerated;
using BatchRec.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public enum Reduction
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        public static class functional
        {
            /// <summary>(…, in) × (out, in)ᵀ + (out) -> (…, out)</summary>
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => LinearKernel.Apply(input, weights, bias);

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
                Operators.LayerNorm.Tensor(input, normalized_shape, Argument.Maybe(weight), Argument.Maybe(bias), eps, true);

            /// <summary>softmax(query keyᵀ / √d) value, over (batch, heads, length, d).</summary>
            /// <param name="attn_mask">true where a query may attend, or a number to add; null for everywhere</param>
            /// <param name="p">dropout; must be 0 to keep the fast kernel on the CPU</param>
            /// <param name="is_casual">a position attends to itself and what lies before it</param>
            public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0.0, bool is_casual = false) =>
                is_casual && attn_mask is null && p == 0 && CausalAttention.Takes(query, key, value)
                    ? CausalAttention.Apply(query, key, value)
                    : Operators.ScaledDotProductAttention.Tensor(query, key, value, Argument.Maybe(attn_mask), p, is_casual, Argument.None, false);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                Operators.Dropout.Tensor(input, p, training);

            public static Tensor gelu(Tensor x) => x.gelu();

            public static Tensor gelu(Tensor x, Modules.GELU.Approximate approximate, bool inplace = false) => x.gelu(approximate);

            public static Tensor silu(Tensor x, bool inplace = false) => x.silu();

            public static Tensor relu(Tensor x, bool inplace = false) => x.relu();

            public static Tensor sigmoid(Tensor x) => x.sigmoid();

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);

            /// <summary>Scales to Euclidean length 1 along a dimension; vectors shorter than <paramref name="eps"/> are divided by it.</summary>
            public static Tensor normalize(Tensor input, double p = 2.0, long dim = 1L, double eps = 1e-12)
            {
                using var norm = input.norm((int)dim, keepdim: true, (float)p);
                using var divisor = norm.clamp(min: eps);
                return input / divisor;
            }

            /// <param name="input">(n, classes) logits</param>
            /// <param name="target">(n) classes, or (n, classes) probabilities</param>
            public static Tensor cross_entropy(Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0.0) =>
                Operators.CrossEntropyLoss.Tensor(input, target, Argument.Maybe(weight), (long)reduction, ignore_index, label_smoothing);

            public static Tensor binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null) =>
                Operators.BinaryCrossEntropyWithLogits.Tensor(input, target, Argument.Maybe(weight), Argument.Maybe(pos_weights), (long)reduction);

            public static Tensor one_hot(Tensor x, long num_classes = -1) => Operators.OneHot.Tensor(x, num_classes);
        }

        public static class init
        {
            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null) => Untracked(() => tensor.normal_(mean, std));

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null) => Untracked(() => tensor.uniform_(low, high));

            public static Tensor zeros_(Tensor tensor) => Untracked(tensor.zero_);

            public static Tensor ones_(Tensor tensor) => Untracked(() => tensor.fill_(1));

            /// <summary>Normal with variance 2 / (in + out).</summary>
            public static Tensor xavier_normal_(Tensor tensor, double gain = 1.0) =>
                normal_(tensor, 0, gain * Math.Sqrt(2.0 / (tensor.size(0) + tensor.size(1))));

            /// <summary>Uniform with variance 2 / (in + out).</summary>
            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1.0)
            {
                var bound = gain * Math.Sqrt(6.0 / (tensor.size(0) + tensor.size(1)));
                return uniform_(tensor, -bound, bound);
            }

            private static Tensor Untracked(Func<Tensor> change)
            {
                using var noGrad = no_grad();
                return change();
            }
        }

        public static class utils
        {
            /// <summary>Scales all gradients together so that their Euclidean length is at most <paramref name="max_norm"/>.</summary>
            /// <returns>the length before</returns>
            public static double clip_grad_norm_(IEnumerable<Modules.Parameter> tensors, double max_norm, double norm_type = 2.0)
            {
                if (norm_type != 2) throw new NotSupportedException($"Only the Euclidean norm is bound; not norm_type = {norm_type}.");
                using var scope = NewDisposeScope();
                using var noGrad = no_grad();
                var gradients = tensors.Select(parameter => parameter.grad).OfType<Tensor>().ToArray();
                if (gradients.Length == 0) return 0;
                var length = stack(gradients.Select(gradient => (gradient * gradient).sum())).sum().sqrt();
                // Multiplying always, by 1 where it is short enough, spares reading the number back.
                var factor = (max_norm / (length + 1e-6)).clamp(max: 1);
                foreach (var gradient in gradients) gradient.mul_(factor);
                return length.item<double>();
            }
        }
    }
}
