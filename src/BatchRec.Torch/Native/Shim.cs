using System.Runtime.InteropServices;

namespace BatchRec.Torch.Native;

/// <summary>
/// The functions of libtorch's stable C ABI that we call, in the order of its headers
/// (torch/csrc/inductor/aoti_torch/c/shim.h, torch/csrc/stable/c/shim.h). Every one of them but the last group is promised to stay.
/// </summary>
/// <remarks>A tensor handle is an at::Tensor*; a non-zero result means an exception, whose text <see cref="NativeMessage"/> has.</remarks>
internal sealed unsafe class Shim(nint library)
{
    // shim.h: scalars
    public readonly delegate* unmanaged<nint, float*, int> ItemFloat32 = (delegate* unmanaged<nint, float*, int>)Export(library, "aoti_torch_item_float32");
    public readonly delegate* unmanaged<nint, double*, int> ItemFloat64 = (delegate* unmanaged<nint, double*, int>)Export(library, "aoti_torch_item_float64");
    public readonly delegate* unmanaged<nint, long*, int> ItemInt64 = (delegate* unmanaged<nint, long*, int>)Export(library, "aoti_torch_item_int64");
    public readonly delegate* unmanaged<float, nint*, int> ScalarFloat32 = (delegate* unmanaged<float, nint*, int>)Export(library, "aoti_torch_scalar_to_tensor_float32");
    public readonly delegate* unmanaged<double, nint*, int> ScalarFloat64 = (delegate* unmanaged<double, nint*, int>)Export(library, "aoti_torch_scalar_to_tensor_float64");
    public readonly delegate* unmanaged<long, nint*, int> ScalarInt64 = (delegate* unmanaged<long, nint*, int>)Export(library, "aoti_torch_scalar_to_tensor_int64");

    // shim.h: the autograd mode of this thread
    public readonly delegate* unmanaged<byte> GradModeIsEnabled = (delegate* unmanaged<byte>)Export(library, "aoti_torch_grad_mode_is_enabled");
    public readonly delegate* unmanaged<byte, void> GradModeSetEnabled = (delegate* unmanaged<byte, void>)Export(library, "aoti_torch_grad_mode_set_enabled");

    // shim.h: tensors
    public readonly delegate* unmanaged<nint, int> Delete = (delegate* unmanaged<nint, int>)Export(library, "aoti_torch_delete_tensor_object");
    public readonly delegate* unmanaged<nint, void**, int> DataPointer = (delegate* unmanaged<nint, void**, int>)Export(library, "aoti_torch_get_data_ptr");
    public readonly delegate* unmanaged<nint, long*, int> Dim = (delegate* unmanaged<nint, long*, int>)Export(library, "aoti_torch_get_dim");
    public readonly delegate* unmanaged<nint, long*, int> Numel = (delegate* unmanaged<nint, long*, int>)Export(library, "aoti_torch_get_numel");
    public readonly delegate* unmanaged<nint, long**, int> Sizes = (delegate* unmanaged<nint, long**, int>)Export(library, "aoti_torch_get_sizes");
    public readonly delegate* unmanaged<nint, long**, int> Strides = (delegate* unmanaged<nint, long**, int>)Export(library, "aoti_torch_get_strides");
    public readonly delegate* unmanaged<nint, int*, int> DType = (delegate* unmanaged<nint, int*, int>)Export(library, "aoti_torch_get_dtype");
    public readonly delegate* unmanaged<nint, int*, int> DeviceType = (delegate* unmanaged<nint, int*, int>)Export(library, "aoti_torch_get_device_type");
    public readonly delegate* unmanaged<nint, int*, int> DeviceIndex = (delegate* unmanaged<nint, int*, int>)Export(library, "aoti_torch_get_device_index");
    public readonly delegate* unmanaged<nint, byte*, int> IsContiguous = (delegate* unmanaged<nint, byte*, int>)Export(library, "aoti_torch_is_contiguous");
    public readonly delegate* unmanaged<nint, byte*, int> IsDefined = (delegate* unmanaged<nint, byte*, int>)Export(library, "aoti_torch_is_defined");
    public readonly delegate* unmanaged<nint, nint*, int> NewHandle = (delegate* unmanaged<nint, nint*, int>)Export(library, "aoti_torch_new_tensor_handle");
    public readonly delegate* unmanaged<long, long*, long*, int, int, int, nint*, int> EmptyStrided =
        (delegate* unmanaged<long, long*, long*, int, int, int, nint*, int>)Export(library, "aoti_torch_empty_strided");
    public readonly delegate* unmanaged<nint*, int> NewUninitialized = (delegate* unmanaged<nint*, int>)Export(library, "aoti_torch_new_uninitialized_tensor");
    public readonly delegate* unmanaged<nint, nint, int> Assign = (delegate* unmanaged<nint, nint, int>)Export(library, "aoti_torch_assign_tensors");
    public readonly delegate* unmanaged<nint, nint, int, int> Copy = (delegate* unmanaged<nint, nint, int, int>)Export(library, "aoti_torch_copy_");
    public readonly delegate* unmanaged<nint, int> Zero = (delegate* unmanaged<nint, int>)Export(library, "aoti_torch_zero_");
    public readonly delegate* unmanaged<nint, nint, nint, int> MmOut = (delegate* unmanaged<nint, nint, nint, int>)Export(library, "aoti_torch_mm_out");
    public readonly delegate* unmanaged<nint, nint, nint, nint, float, float, int> AddmmOut =
        (delegate* unmanaged<nint, nint, nint, nint, float, float, int>)Export(library, "aoti_torch_addmm_out");
    public readonly delegate* unmanaged<nint, double, int> Fill = (delegate* unmanaged<nint, double, int>)Export(library, "aoti_torch_aten_fill__Scalar");
    public readonly delegate* unmanaged<nint, nint, double, nint*, int> Subtract =
        (delegate* unmanaged<nint, nint, double, nint*, int>)Export(library, "aoti_torch_aten_subtract_Tensor");
    public readonly delegate* unmanaged<byte*, byte*, byte*, uint, nint*, int> NewLibraryImplementation =
        (delegate* unmanaged<byte*, byte*, byte*, uint, nint*, int>)Export(library, "aoti_torch_library_init_impl");
    public readonly delegate* unmanaged<ulong> AbiVersion = (delegate* unmanaged<ulong>)Export(library, "aoti_torch_abi_version");

    // stable/c/shim.h: the dispatcher, lists, strings
    public readonly delegate* unmanaged<byte*, byte*, ulong*, ulong, int> CallDispatcher =
        (delegate* unmanaged<byte*, byte*, ulong*, ulong, int>)Export(library, "torch_call_dispatcher");
    public readonly delegate* unmanaged<nint, byte*, delegate* unmanaged<ulong*, ulong, ulong, void>, ulong, int> Implement =
        (delegate* unmanaged<nint, byte*, delegate* unmanaged<ulong*, ulong, ulong, void>, ulong, int>)Export(library, "torch_library_impl");
    public readonly delegate* unmanaged<nuint, nint*, int> NewList = (delegate* unmanaged<nuint, nint*, int>)Export(library, "torch_new_list_reserve_size");
    public readonly delegate* unmanaged<nint, nuint*, int> ListSize = (delegate* unmanaged<nint, nuint*, int>)Export(library, "torch_list_size");
    public readonly delegate* unmanaged<nint, nuint, ulong*, int> ListItem = (delegate* unmanaged<nint, nuint, ulong*, int>)Export(library, "torch_list_get_item");
    public readonly delegate* unmanaged<nint, ulong, int> ListPush = (delegate* unmanaged<nint, ulong, int>)Export(library, "torch_list_push_back");
    public readonly delegate* unmanaged<nint, int> DeleteList = (delegate* unmanaged<nint, int>)Export(library, "torch_delete_list");
    public readonly delegate* unmanaged<byte*, nuint, nint*, int> NewString = (delegate* unmanaged<byte*, nuint, nint*, int>)Export(library, "torch_new_string_handle");
    public readonly delegate* unmanaged<nint, byte, int> SetRequiresGrad = (delegate* unmanaged<nint, byte, int>)Export(library, "torch_set_requires_grad");
    public readonly delegate* unmanaged<long, long, long, delegate* unmanaged<long, long, void*, void>, void*, int> ParallelFor =
        (delegate* unmanaged<long, long, long, delegate* unmanaged<long, long, void*, void>, void*, int>)Export(library, "torch_parallel_for");
    public readonly delegate* unmanaged<uint*, int> GetNumThreads = (delegate* unmanaged<uint*, int>)Export(library, "torch_get_num_threads");

    // C++ symbols, stable only de facto: the self-test calls them once at load. Later than 2.10, the first has replaced NativeMessage.
    public readonly delegate* unmanaged<byte*> ExceptionText = (delegate* unmanaged<byte*>)Optional(library, "torch_exception_get_what_without_backtrace");
    public readonly delegate* unmanaged<nint, nint> MutableGrad = (delegate* unmanaged<nint, nint>)Export(library, "_ZN3c1010TensorImpl12mutable_gradEv");
    public readonly delegate* unmanaged<nint, byte> RequiresGrad = (delegate* unmanaged<nint, byte>)Export(library, "_ZNK3c1010TensorImpl13requires_gradEv");
    public readonly delegate* unmanaged<int, void> SetNumThreads = (delegate* unmanaged<int, void>)Export(library, "_ZN2at15set_num_threadsEi");
    public readonly delegate* unmanaged<nint> DefaultCpuGenerator = (delegate* unmanaged<nint>)Export(library, "_ZN2at6detail22getDefaultCPUGeneratorEv");
    public readonly delegate* unmanaged<nint, ulong, void> SetCurrentSeed =
        (delegate* unmanaged<nint, ulong, void>)Export(library, "_ZN2at16CPUGeneratorImpl16set_current_seedEm");
    public readonly delegate* unmanaged<nint, nint> CpuCapability = (delegate* unmanaged<nint, nint>)Optional(library, "_ZN2at18get_cpu_capabilityB5cxx11Ev");
    public readonly delegate* unmanaged<byte> CudaIsAvailable = (delegate* unmanaged<byte>)Export(library, "_ZN5torch4cuda12is_availableEv");
    public readonly delegate* unmanaged<nuint> CudaDeviceCount = (delegate* unmanaged<nuint>)Export(library, "_ZN5torch4cuda12device_countEv");
    public readonly delegate* unmanaged<ulong, void> CudaManualSeedAll = (delegate* unmanaged<ulong, void>)Export(library, "_ZN5torch4cuda15manual_seed_allEm");

    private static nint Export(nint library, string name) => NativeLibrary.TryGetExport(library, name, out var address)
        ? address
        : throw new DllNotFoundException(
            $"libtorch lacks {name}: this libtorch is too old, or was built otherwise. Use libtorch 2.10 (Torch:LibraryPath chooses its folder).");

    private static nint Optional(nint library, string name) => NativeLibrary.TryGetExport(library, name, out var address) ? address : 0;
}
