using System.Runtime.Intrinsics.X86;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// What the processor has that .NET 10 has no name for, by CPUID (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2A). False where the operating system doesn't
/// keep the wide registers, or is not one whose calls <see cref="MachineCode"/> knows.
/// </summary>
internal static class ProcessorFeatures
{
    /// <summary>vpdpbusd of 512 bits: EAX=07H, ECX=0, ECX[11].</summary>
    public static bool Avx512Vnni { get; } = HasWideRegisters && Has(X86Base.CpuId(7, 0).Ecx, 11);

    /// <summary>vdpbf16ps of 512 bits: EAX=07H, ECX=1, EAX[5].</summary>
    public static bool Avx512Bf16 { get; } = HasWideRegisters && Has(X86Base.CpuId(7, 1).Eax, 5);

    private static bool HasWideRegisters => OperatingSystem.IsLinux() && Avx512BW.IsSupported && X86Base.CpuId(0, 0).Eax >= 7;

    private static bool Has(int register, int bit) => (register >> bit & 1) != 0;
}
