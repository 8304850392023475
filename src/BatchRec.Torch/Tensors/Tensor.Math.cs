using BatchRec.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        public Tensor add(Tensor target) => add(target, 1.0);

        /// <summary>this + alpha × target. The C ABI has no addition with autograd; its subtraction takes a factor.</summary>
        public Tensor add(Tensor target, Scalar alpha)
        {
            if (!is_floating_point() && !target.is_floating_point()) return AddWhole(target, alpha);
            nint sum;
            Check(C.Subtract(Handle, target.Handle, -alpha.Value, &sum), "aten::add", this, target);
            GC.KeepAlive(target);
            return new Tensor(sum);
        }

        public Tensor add(Scalar scalar)
        {
            using var number = Number(scalar);
            return add(number);
        }

        public Tensor add_(Tensor target) => add_(target, 1.0);

        public Tensor add_(Tensor target, Scalar alpha)
        {
            using var sum = add(target, alpha);
            return copy_(sum);
        }

        public Tensor add_(Scalar scalar)
        {
            using var sum = add(scalar);
            return copy_(sum);
        }

        public Tensor sub(Tensor target) => add(target, -1.0);

        public Tensor sub(Scalar target)
        {
            using var number = Number(target);
            return sub(number);
        }

        public Tensor sub_(Tensor target) => add_(target, -1.0);

        public Tensor sub_(Scalar target)
        {
            using var difference = sub(target);
            return copy_(difference);
        }

        public Tensor mul(Tensor target) => Operators.Mul.Tensor(this, target);

        public Tensor mul(Scalar target)
        {
            using var number = Number(target);
            return mul(number);
        }

        /// <summary>Moves towards <paramref name="end"/> by the share <paramref name="weight"/>.</summary>
        public Tensor lerp_(Tensor end, Tensor weight) => Operators.LerpInPlace.InPlace(this, end, weight);

        public Tensor mul_(Tensor target) => Operators.MulInPlace.InPlace(this, target);

        public Tensor mul_(Scalar target)
        {
            using var number = Number(target);
            return mul_(number);
        }

        public Tensor div(Tensor target) => Operators.Div.Tensor(this, target);

        public Tensor div(Scalar target)
        {
            using var number = Number(target);
            return div(number);
        }

        public Tensor div_(Tensor target) => Operators.DivInPlace.InPlace(this, target);

        public Tensor div_(Scalar target)
        {
            using var number = Number(target);
            return div_(number);
        }

        public Tensor pow(Tensor exponent) => Operators.Pow.Tensor(this, exponent);

        public Tensor pow(Scalar exponent)
        {
            if (exponent.Value == 2) return mul(this);
            using var number = Number(exponent);
            return pow(number);
        }

        public Tensor square() => pow(2);

        public Tensor neg() => Operators.Neg.Tensor(this);

        public Tensor abs() => Operators.Abs.Tensor(this);

        public Tensor sign() => Operators.Sign.Tensor(this);

        public Tensor exp() => Operators.Exp.Tensor(this);

        public Tensor log() => Operators.Log.Tensor(this);

        public Tensor log1p() => Operators.Log1p.Tensor(this);

        public Tensor sqrt() => Operators.Sqrt.Tensor(this);

        public Tensor rsqrt() => Operators.Rsqrt.Tensor(this);

        public Tensor reciprocal() => Operators.Reciprocal.Tensor(this);

        public Tensor sin() => Operators.Sin.Tensor(this);

        public Tensor cos() => Operators.Cos.Tensor(this);

        public Tensor sigmoid() => Operators.Sigmoid.Tensor(this);

        public Tensor tanh() => Operators.Tanh.Tensor(this);

        public Tensor relu() => Operators.Relu.Tensor(this);

        public Tensor silu() => Operators.Silu.Tensor(this);

        public Tensor gelu() => Operators.Gelu.Tensor(this, "none");

        public Tensor gelu(Modules.GELU.Approximate approximate) => Operators.Gelu.Tensor(this, $"{approximate}");

        public Tensor softmax(long dim, ScalarType? dtype = null) => Operators.Softmax.Tensor(this, dim, Argument.Maybe(dtype));

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Operators.LogSoftmax.Tensor(this, dim, Argument.Maybe(dtype));

        public Tensor clamp(Scalar? min = null, Scalar? max = null)
        {
            using var low = min is null ? null : Number(min);
            using var high = max is null ? null : Number(max);
            return Operators.Clamp.Tensor(this, Argument.Maybe(low), Argument.Maybe(high));
        }

        public Tensor clamp_min(Scalar min) => clamp(min: min);

        public Tensor clamp_max(Scalar max) => clamp(max: max);

        public Tensor maximum(Tensor other) => Operators.Maximum.Tensor(this, other);

        public Tensor minimum(Tensor other) => Operators.Minimum.Tensor(this, other);

        public Tensor matmul(Tensor target) => Operators.Matmul.Tensor(this, target);

        /// <summary>(n, k) × (k, m) -> (n, m)</summary>
        public Tensor mm(Tensor target) => Operators.Mm.Tensor(this, target);

        /// <summary>(b, n, k) × (b, k, m) -> (b, n, m)</summary>
        public Tensor bmm(Tensor batch2) => Operators.Bmm.Tensor(this, batch2);

        public Tensor cumsum(long dim, ScalarType? type = null) => Operators.Cumsum.Tensor(this, dim, Argument.Maybe(type));

        public Tensor normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) =>
            Operators.NormalInPlace.InPlace(this, mean, std, Argument.None);

        public Tensor uniform_(double from, double to, Generator? generator = null) =>
            Operators.UniformInPlace.InPlace(this, from, to, Argument.None);

        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Operators.Multinomial.Tensor(this, num_samples, replacement, Argument.None);

        // The C ABI's factor is a fraction, which whole numbers refuse; in double precision they are exact up to 2^53.
        private Tensor AddWhole(Tensor target, Scalar alpha)
        {
            using var scope = NewDisposeScope();
            var (left, right) = (dtype, target.dtype);
            var type = (ndim == 0) == (target.ndim == 0) ? left.ElementSize() >= right.ElementSize() ? left : right : ndim > 0 ? left : right;
            return to_type(ScalarType.Float64).add(target.to_type(ScalarType.Float64), alpha).to_type(type).MoveToOuterDisposeScope();
        }

        /// <summary>
        /// The number as a tensor without dimensions, which the C ABI can pass where it can't pass a Scalar. It has the element type that makes the
        /// result's type the one that a Scalar would give.
        /// </summary>
        internal Tensor Number(Scalar value)
        {
            var type = dtype;
            nint number;
            if (type == ScalarType.Float64)
                Check(C.ScalarFloat64(value.Value, &number), "aoti_torch_scalar_to_tensor_float64");
            else if (torch.is_floating_point(type) || value.Type == ScalarType.Float64)
                Check(C.ScalarFloat32((float)value.Value, &number), "aoti_torch_scalar_to_tensor_float32");
            else
                Check(C.ScalarInt64(value.Integer, &number), "aoti_torch_scalar_to_tensor_int64");
            var tensor = new Tensor(number);
            // Without dimensions on both sides, the wider type would win.
            return ndim == 0 && tensor.dtype != type && (torch.is_floating_point(type) || value.Type != ScalarType.Float64)
                ? tensor.to_type(type, disposeAfter: true)
                : tensor;
        }
    }
}
