namespace BatchRec.Runs;

/// <summary>What of the memory that this process may have a part of it may take. A container's limit counts, and DOTNET_GCHeapHardLimit.</summary>
internal static class MemoryBudget
{
    /// <summary>That .NET may take: the machine's, or three quarters of a container's.</summary>
    public static int AvailableMiB => (int)Math.Min(int.MaxValue, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20);

    /// <summary>What an option allows, and half of what there is at most.</summary>
    public static int Half(int optionMiB) => Math.Min(optionMiB, AvailableMiB / 2);

    /// <summary>The same with a quarter.</summary>
    public static int Quarter(int optionMiB) => Math.Min(optionMiB, AvailableMiB / 4);
}
