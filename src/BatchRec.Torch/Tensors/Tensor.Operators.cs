using BatchRec.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);

        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        public static Tensor operator -(Scalar left, Tensor right)
        {
            using var number = right.Number(left);
            return number.sub(right);
        }

        public static Tensor operator -(Tensor tensor) => tensor.neg();

        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);

        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        public static Tensor operator /(Scalar left, Tensor right)
        {
            using var number = right.Number(left);
            return number.div(right);
        }

        public static Tensor operator &(Tensor left, Tensor right) => Operators.BitwiseAnd.Tensor(left, right);
        public static Tensor operator |(Tensor left, Tensor right) => Operators.BitwiseOr.Tensor(left, right);
        public static Tensor operator ~(Tensor left) => Operators.BitwiseNot.Tensor(left);

        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);
        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);
        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);
        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);
        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);
        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);
        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);
        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);

        public Tensor eq(Tensor target) => Operators.Eq.Tensor(this, target);
        public Tensor eq(Scalar target) => Compare(Operators.Eq, target);
        public Tensor ne(Tensor target) => Operators.Ne.Tensor(this, target);
        public Tensor ne(Scalar target) => Compare(Operators.Ne, target);
        public Tensor lt(Tensor target) => Operators.Lt.Tensor(this, target);
        public Tensor lt(Scalar target) => Compare(Operators.Lt, target);
        public Tensor le(Tensor target) => Operators.Le.Tensor(this, target);
        public Tensor le(Scalar target) => Compare(Operators.Le, target);
        public Tensor gt(Tensor target) => Operators.Gt.Tensor(this, target);
        public Tensor gt(Scalar target) => Compare(Operators.Gt, target);
        public Tensor ge(Tensor target) => Operators.Ge.Tensor(this, target);
        public Tensor ge(Scalar target) => Compare(Operators.Ge, target);

        public Tensor logical_and(Tensor other) => Operators.LogicalAnd.Tensor(this, other);
        public Tensor logical_or(Tensor other) => Operators.LogicalOr.Tensor(this, other);
        public Tensor logical_not() => Operators.LogicalNot.Tensor(this);
        public Tensor isnan() => Operators.IsNan.Tensor(this);
        public Tensor isfinite() => Operators.IsFinite.Tensor(this);

        private Tensor Compare(Operator comparison, Scalar target)
        {
            using var number = Number(target);
            return comparison.Tensor(this, number);
        }
    }
}
