using BatchRec.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor reshape(params long[] shape) => Operators.Reshape.Tensor(this, shape);

        public Tensor view(params long[] shape) => Operators.View.Tensor(this, shape);

        public Tensor flatten(long start_dim = 0, long end_dim = -1)
        {
            var sizes = shape;
            var (start, end) = ((int)(start_dim < 0 ? start_dim + sizes.Length : start_dim), (int)(end_dim < 0 ? end_dim + sizes.Length : end_dim));
            return reshape([.. sizes[..start], -1, .. sizes[(end + 1)..]]);
        }

        public Tensor transpose(long dim0, long dim1) => Operators.Transpose.Tensor(this, dim0, dim1);

        public Tensor t() => transpose(0, 1);

        public Tensor permute(params long[] permutation) => Operators.Permute.Tensor(this, permutation);

        public Tensor contiguous() => Operators.Contiguous.Tensor(this, 0L);

        public Tensor unsqueeze(long dim) => Operators.Unsqueeze.Tensor(this, dim);

        public Tensor squeeze(long? dim = null) => dim is { } one ? Operators.SqueezeAlong.Tensor(this, one) : Operators.Squeeze.Tensor(this);

        public Tensor expand(params long[] sizes) => Operators.Expand.Tensor(this, sizes, false);

        public Tensor expand_as(Tensor other) => expand(other.shape);

        public Tensor repeat(params long[] sizes) => Operators.Repeat.Tensor(this, sizes);

        public Tensor flip(params long[] dims) => Operators.Flip.Tensor(this, dims);

        public Tensor[] split(long size, int dim = 0) => Operators.Split.List(this, size, dim);

        public Tensor[] unbind(long dimension = 0L) => Operators.Unbind.List(this, dimension);

        public Tensor[] chunk(long chunks, long dim = 0L)
        {
            var length = size((int)dim);
            return split((length + chunks - 1) / chunks, (int)dim);
        }

        public Tensor tril(long diagonal = 0) => Operators.Tril.Tensor(this, diagonal);

        public Tensor triu(long diagonal = 0) => Operators.Triu.Tensor(this, diagonal);

        // Picking elements

        /// <summary>Elements start, start + step, … before finish, along a dimension.</summary>
        public Tensor slice(long dim, long start, long finish, long step) =>
            Operators.Slice.Tensor(this, dim, Argument.Maybe(start), Argument.Maybe(finish), step);

        public Tensor narrow(long dim, long start, long length) => Operators.Narrow.Tensor(this, dim, start, length);

        public Tensor select(long dim, long index) => Operators.Select.Tensor(this, dim, index);

        public Tensor index_select(long dim, Tensor index) => Operators.IndexSelect.Tensor(this, dim, index);

        public Tensor gather(long dim, Tensor index) => Operators.Gather.Tensor(this, dim, index, false);

        public Tensor this[long i1] => select(0, i1);

        public Tensor this[long i1, long i2] => index([tensor(i1), tensor(i2)]);

        public Tensor this[params Tensor[] indices] => index(indices);

        public Tensor index(params Tensor[] indices) => Operators.Index.Tensor(this, Argument.Indices(indices));

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            Operators.IndexPutInPlace.InPlace(this, Argument.Indices(indices), value, accumulate);

        public Tensor masked_select(Tensor mask) => Operators.MaskedSelect.Tensor(this, mask);

        public Tensor masked_fill(Tensor mask, Scalar value)
        {
            using var number = Number(value);
            return Operators.MaskedFill.Tensor(this, mask, number);
        }

        public Tensor masked_fill_(Tensor mask, Scalar value)
        {
            using var number = Number(value);
            return Operators.MaskedFillInPlace.InPlace(this, mask, number);
        }

        public Tensor scatter(long dim, Tensor index, Tensor src) => Operators.Scatter.Tensor(this, dim, index, src);

        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Operators.ScatterAdd.Tensor(this, dim, index, src);

        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => Operators.ScatterAddInPlace.InPlace(this, dim, index, src);

        /// <summary>Where the condition holds, this; elsewhere y.</summary>
        public Tensor where(Tensor condition, Tensor y) => Operators.Where.Tensor(condition, this, y);

        public Tensor nonzero() => Operators.Nonzero.Tensor(this);

        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Operators.TopK.Tensors(this, k, dim, largest, sorted);

        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            Operators.Sort.Tensors(this, Argument.Maybe(stable), dim, descending);

        public Tensor argsort(long dim = -1, bool descending = false) => Operators.Argsort.Tensor(this, dim, descending);
    }
}
