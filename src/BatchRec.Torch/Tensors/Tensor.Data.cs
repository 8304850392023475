using System.Runtime.InteropServices;
using BatchRec.Torch.Native;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        /// <summary>The elements of a CPU tensor as .NET values, in row-major order.</summary>
        public TensorAccessor<T> data<T>() where T : unmanaged => new(this);

        /// <summary>The memory of a contiguous CPU tensor, valid while the tensor lives.</summary>
        public Span<byte> bytes
        {
            get
            {
                if (device_type != DeviceType.CPU) throw new InvalidOperationException($"{this} is not in CPU memory; use cpu() first.");
                if (!is_contiguous()) throw new InvalidOperationException($"{this} is not contiguous; use contiguous() first.");
                return new Span<byte>(DataPointer, checked((int)(numel() * dtype.ElementSize())));
            }
            set => value.CopyTo(bytes);
        }

        /// <summary>The value of a tensor with one element.</summary>
        public T item<T>() where T : unmanaged
        {
            using var scope = NewDisposeScope();
            var element = to_type(ToScalarType(typeof(T))).cpu().contiguous();
            if (element.numel() != 1) throw new ArgumentException($"item() needs one element; this is {this}.");
            return MemoryMarshal.Read<T>(element.bytes);
        }

        public Tensor copy_(Tensor source, bool nonBlocking = false)
        {
            Check(C.Copy(Handle, source.Handle, nonBlocking ? 1 : 0), "aoti_torch_copy_", this, source);
            GC.KeepAlive(source);
            return this;
        }

        public Tensor fill_(Scalar value)
        {
            Check(C.Fill(Handle, value.Value), "aoti_torch_aten_fill__Scalar", this);
            return this;
        }

        public Tensor zero_()
        {
            Check(C.Zero(Handle), "aoti_torch_zero_", this);
            return this;
        }

        public Tensor clone() => Operators.Clone.Tensor(this, Argument.None);

        public Tensor cpu() => to(CPU);

        public Tensor cuda(Device? device = null, bool non_blocking = false) => to(device ?? CUDA, non_blocking: non_blocking);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(dtype, device, copy, disposeAfter, non_blocking);

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to_type(type, copy, disposeAfter, non_blocking);

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
        {
            if (device.type == DeviceType.CUDA && !torch.cuda.is_available())
                throw new InvalidOperationException($"There is no usable CUDA device: {Devices.CudaReason()}");
            var result = Operators.ToDevice.Tensor(this, device, type, non_blocking, copy, Argument.None);
            if (disposeAfter) Dispose();
            return result;
        }

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
        {
            var result = Operators.ToDType.Tensor(this, type, non_blocking, copy, Argument.None);
            if (disposeAfter) Dispose();
            return result;
        }

        internal void* DataPointer
        {
            get
            {
                void* pointer;
                Check(C.DataPointer(Handle, &pointer), "aoti_torch_get_data_ptr");
                return pointer;
            }
        }

        private static void Check(int result, string function, params ReadOnlySpan<Argument> arguments)
        {
            if (result != 0) throw NativeException.Create(C, function, arguments);
        }
    }
}
