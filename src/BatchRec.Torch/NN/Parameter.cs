namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Makes a trainable parameter of a tensor, which becomes empty.</summary>
            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>A tensor that belongs to a module and is trained with it.</summary>
    public class Parameter : torch.Tensor
    {
        /// <param name="data">becomes empty: the parameter takes its place, in its dispose scope too</param>
        public Parameter(torch.Tensor data, bool requires_grad = true) : base(Take(data, requires_grad, out var scope)) => DisposeScope.Move(this, scope);

        internal Parameter(nint handle) : base(handle) { }

        private static nint Take(torch.Tensor data, bool requiresGrad, out DisposeScope? scope)
        {
            ArgumentNullException.ThrowIfNull(data);
            scope = data.OwningDisposeScope;
            data.requires_grad = requiresGrad;
            var handle = data.MoveHandle();
            data.Dispose();
            return handle;
        }
    }
}
