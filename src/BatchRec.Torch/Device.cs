using BatchRec.Torch.Native;

namespace TorchSharp;

/// <summary>Kinds of devices, numbered as libtorch numbers them.</summary>
public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
}

public static partial class torch
{
    public static readonly Device CPU = new(DeviceType.CPU);
    public static readonly Device CUDA = new(DeviceType.CUDA);

    /// <param name="description"><c>cpu</c>, <c>cuda</c> or <c>cuda:1</c></param>
    public static Device device(string description) => new(description);

    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);

    /// <summary>Where a tensor lives; index -1 is the current one of its kind.</summary>
    public class Device
    {
        public Device(string description)
        {
            ArgumentNullException.ThrowIfNull(description);
            var parts = description.Split(':');
            if (parts.Length > 2 || !Enum.TryParse<DeviceType>(parts[0], ignoreCase: true, out var kind) || !Enum.IsDefined(kind))
                throw new ArgumentException($"There is no device \"{description}\"; use cpu, cuda or cuda:0.", nameof(description));
            type = kind;
            index = parts.Length == 2 ? int.Parse(parts[1]) : -1;
        }

        public Device(DeviceType deviceType, int index = -1) => (type, this.index) = (deviceType, index);

        public DeviceType type { get; }

        public int index { get; }

        public static implicit operator Device(string description) => new(description);

        public override string ToString() =>
            type == DeviceType.CPU ? "cpu" : index < 0 ? type.ToString().ToLowerInvariant() : $"{type.ToString().ToLowerInvariant()}:{index}";
    }

    public static bool cuda_is_available() => cuda.is_available();

    public static unsafe class cuda
    {
        /// <summary>True where the loaded libtorch has CUDA and sees a device.</summary>
        public static bool is_available() => Libtorch.CudaFault is null && Libtorch.C.CudaIsAvailable() != 0;

        public static int device_count() => is_available() ? (int)Libtorch.C.CudaDeviceCount() : 0;

        public static void manual_seed_all(long seed)
        {
            if (is_available()) Libtorch.C.CudaManualSeedAll((ulong)seed);
        }
    }
}
