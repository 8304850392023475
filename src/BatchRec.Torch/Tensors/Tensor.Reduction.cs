using BatchRec.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Operators.Sum.Tensor(this, Argument.Maybe(type));

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum([dim], keepdim, type);

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) =>
            Operators.SumAlong.Tensor(this, Argument.Maybe(dim), keepdim, Argument.Maybe(type));

        public Tensor mean() => Operators.Mean.Tensor(this, Argument.None);

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            Operators.MeanAlong.Tensor(this, Argument.Maybe(dimensions), keepdim, Argument.Maybe(type));

        public Tensor max() => Operators.Max.Tensor(this);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Operators.MaxAlong.Tensors(this, dim, keepdim);

        public Tensor min() => Operators.Min.Tensor(this);

        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Operators.MinAlong.Tensors(this, dim, keepdim);

        public Tensor argmax(long dim, bool keepdim = false) => Operators.Argmax.Tensor(this, Argument.Maybe(dim), keepdim);

        public Tensor argmin(long dim, bool keepdim = false) => Operators.Argmin.Tensor(this, Argument.Maybe(dim), keepdim);

        public Tensor logsumexp(long dim, bool keepdim = false) => Operators.LogSumExp.Tensor(this, new[] { dim }, keepdim);

        /// <summary>The Euclidean norm along one dimension.</summary>
        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) => p == 2
            ? Operators.FrobeniusNorm.Tensor(this, new long[] { dim }, keepdim)
            : throw new NotSupportedException($"Only the Euclidean norm, p = 2, is bound; not p = {p}.");

        public Tensor all() => Operators.All.Tensor(this);

        public Tensor any() => Operators.Any.Tensor(this);

        /// <summary>True where every element is within atol + rtol × |target| of the target's.</summary>
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false)
        {
            using var scope = NewDisposeScope();
            var close = (this - target).abs() <= target.abs() * rtol + atol;
            if (equal_nan) close |= isnan() & target.isnan();
            return close.all().item<bool>();
        }
    }
}
