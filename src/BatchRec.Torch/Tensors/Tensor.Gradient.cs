using BatchRec.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        public bool requires_grad
        {
            get => C.RequiresGrad(Implementation) != 0;
            set => Check(C.SetRequiresGrad(Handle, value ? (byte)1 : (byte)0), "torch_set_requires_grad");
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public bool is_leaf => Operators.IsLeaf.Truth(this);

        /// <summary>What backward passes have added up, the tensor's shape; null before the first.</summary>
        public Tensor? grad
        {
            get
            {
                var slot = C.MutableGrad(Implementation);
                byte defined;
                Check(C.IsDefined(slot, &defined), "aoti_torch_is_defined");
                if (defined == 0) return null;
                nint handle;
                Check(C.NewHandle(slot, &handle), "aoti_torch_new_tensor_handle");
                return new Tensor(handle);
            }
            set
            {
                var slot = C.MutableGrad(Implementation);
                if (value is not null)
                {
                    Check(C.Assign(value.Handle, slot), "aoti_torch_assign_tensors");
                    return;
                }
                nint empty;
                Check(C.NewUninitialized(&empty), "aoti_torch_new_uninitialized_tensor");
                Check(C.Assign(empty, slot), "aoti_torch_assign_tensors");
                Check(C.Delete(empty), "aoti_torch_delete_tensor_object");
            }
        }

        /// <summary>Adds the derivative of this scalar to the gradient of every leaf it was computed from.</summary>
        public void backward() => Operators.Backward.Run(this, Array.Empty<Tensor>(), Argument.None, Argument.None, false);

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);

        /// <summary>The same elements, unknown to autograd.</summary>
        public Tensor detach() => Operators.Detach.Tensor(this);

        /// <summary>Becomes the other's elements, on the other's device, as a leaf without gradient; whoever holds this tensor sees the change.</summary>
        internal void Replace(Tensor other)
        {
            var trained = requires_grad;
            nint handle;
            Check(C.NewHandle(other.Handle, &handle), "aoti_torch_new_tensor_handle");
            var before = Interlocked.Exchange(ref _handle, handle);
            Check(C.Delete(before), "aoti_torch_delete_tensor_object");
            if (trained) requires_grad = true;
        }

        // c10::TensorImpl*, the only member of at::Tensor.
        private nint Implementation => *(nint*)Handle;
    }
}
