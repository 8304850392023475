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

    /// <summary>0: there is none.</summary>
    public long Position;

    /// <summary>NaN: it is missing.</summary>
    public float Value;

    // A flag of its own would make 48 bytes of 40: the event's complement tells that there is no position.
    private int _event;

    /// <summary>Index in <see cref="SliceIds.Events"/>.</summary>
    public readonly int Event => _event ^ _event >> 31;

    public readonly bool NoPosition => _event < 0;

    /// <param name="position">Null: there is none.</param>
    public void Set(int eventIndex, long? position) => (_event, Position) = (position is null ? ~eventIndex : eventIndex, position.GetValueOrDefault());

    /// <summary>Of the same user and instant.</summary>
    public readonly bool IsBesides(in InteractionRow other) => Time == other.Time && User == other.User;
}
