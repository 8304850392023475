using System.Runtime.InteropServices;

namespace BatchRec.Extract;

/// <summary>A row of the log on its way from the server to its day's file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InteractionRow
{
    /// <summary>The id itself where ids are bigint, else its index in <see cref="SliceIds"/>.</summary>
    public long User, Item;

    /// <summary>Microseconds since 1970.</summary>
    public long Time;

    public long Position;

    /// <summary>NaN: it is missing.</summary>
    public float Value;

    /// <summary>Index in <see cref="SliceIds.Events"/>.</summary>
    public int Event;

    public bool NoPosition;

    /// <summary>Of the same user and instant.</summary>
    public readonly bool IsBesides(in InteractionRow other) => Time == other.Time && User == other.User;
}
