using BatchRec.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// An array of numbers on a device, and what autograd knows about it. Released by <see cref="Dispose()"/>, by the dispose scope it was made in, or,
    /// failing both, by its finalizer.
    /// </summary>
    public unsafe partial class Tensor : IDisposable
    {
        private nint _handle;

        internal Tensor(nint handle)
        {
            _handle = handle;
            DisposeScope.Register(this);
        }

        ~Tensor() => Dispose(false);

        /// <summary>at::Tensor*</summary>
        internal nint Handle => _handle != 0 ? _handle : throw new InvalidOperationException("The tensor is disposed already, or has become a parameter.");

        internal DisposeScope? OwningDisposeScope { get; set; }

        public bool IsInvalid => _handle == 0;

        public void Dispose()
        {
            if (OwningDisposeScope is not null) DisposeScope.Move(this, null);
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0) _ = C.Delete(handle);
        }

        /// <summary>Makes the caller the owner: no scope releases it.</summary>
        public Tensor DetachFromDisposeScope()
        {
            DisposeScope.Move(this, null);
            return this;
        }

        /// <summary>Hands it to the scope around its own.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public long[] shape => [.. Sizes];

        public long dim() => Sizes.Length;

        public long ndim => Sizes.Length;

        public long size(int dim) => Sizes[dim < 0 ? dim + Sizes.Length : dim];

        public long[] stride()
        {
            long* strides;
            Check(C.Strides(Handle, &strides), "aoti_torch_get_strides");
            return new ReadOnlySpan<long>(strides, (int)dim()).ToArray();
        }

        public long numel()
        {
            long count;
            Check(C.Numel(Handle, &count), "aoti_torch_get_numel");
            return count;
        }

        public long NumberOfElements => numel();

        public ScalarType dtype
        {
            get
            {
                int type;
                Check(C.DType(Handle, &type), "aoti_torch_get_dtype");
                return (ScalarType)type;
            }
        }

        public DeviceType device_type
        {
            get
            {
                int type;
                Check(C.DeviceType(Handle, &type), "aoti_torch_get_device_type");
                return (DeviceType)type;
            }
        }

        public Device device
        {
            get
            {
                int index;
                Check(C.DeviceIndex(Handle, &index), "aoti_torch_get_device_index");
                return new Device(device_type, device_type == DeviceType.CPU ? -1 : index);
            }
        }

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_contiguous()
        {
            byte contiguous;
            Check(C.IsContiguous(Handle, &contiguous), "aoti_torch_is_contiguous");
            return contiguous != 0;
        }

        public bool is_floating_point() => torch.is_floating_point(dtype);

        /// <summary>As <c>Float32[128, 200, 64] on cpu</c>.</summary>
        public override string ToString() => IsInvalid ? "disposed" : $"{dtype}[{string.Join(", ", shape)}] on {device}";

        private static Shim C => Libtorch.C;

        // Borrowed from libtorch: valid as long as the shape does not change.
        private ReadOnlySpan<long> Sizes
        {
            get
            {
                long count;
                long* sizes;
                Check(C.Dim(Handle, &count), "aoti_torch_get_dim");
                Check(C.Sizes(Handle, &sizes), "aoti_torch_get_sizes");
                return new ReadOnlySpan<long>(sizes, (int)count);
            }
        }

        private static void Check(int result, string function) => NativeException.ThrowIf(C, result, function);

        /// <summary>Gives its native tensor away, to a parameter, and becomes empty.</summary>
        internal nint MoveHandle() => Interlocked.Exchange(ref _handle, 0);
    }
}
