namespace BatchRec.Torch.Native;

/// <summary>
/// Uses, once at load, every kind of call that is stable only de facto, so that a libtorch that is built otherwise is refused with a reason instead
/// of corrupting memory hours later.
/// </summary>
internal static unsafe class SelfTest
{
    /// <exception cref="DllNotFoundException">This libtorch does not behave as 2.10 does.</exception>
    public static void Run(Shim shim, string folder)
    {
        nint tensor;
        if (shim.ScalarFloat32(2.5f, &tensor) != 0 || shim.SetRequiresGrad(tensor, 1) != 0)
            throw Refused(folder, "it makes no scalar");
        byte defined = 1;
        var slot = shim.MutableGrad(*(nint*)tensor);
        if (shim.RequiresGrad(*(nint*)tensor) == 0 || shim.IsDefined(slot, &defined) != 0 || defined != 0)
            throw Refused(folder, "gradients are not where 2.10 keeps them");
        float value;
        if (shim.ItemFloat32(tensor, &value) != 0 || value != 2.5f)
            throw Refused(folder, "it reads back another number than it was given");
        shim.Delete(tensor);
        if (shim.DefaultCpuGenerator() == 0)
            throw Refused(folder, "it has no random number generator");
    }

    private static DllNotFoundException Refused(string folder, string reason) =>
        new($"The libtorch in {folder} can't be used: {reason}. Use libtorch 2.10 (Torch:LibraryPath chooses its folder).");
}
