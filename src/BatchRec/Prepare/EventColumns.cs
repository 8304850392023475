namespace BatchRec.Prepare;

/// <summary>Events as flat arrays, of which the first <see cref="Count"/> places are taken.</summary>
internal sealed class EventColumns
{
    /// <summary>That an event takes.</summary>
    public const int Bytes = 3 * sizeof(int) + sizeof(long) + sizeof(byte);

    public EventColumns(long capacity)
    {
        if (capacity > Array.MaxLength)
        {
            throw new BatchRecException(
                $"{capacity:N0} events don't fit into one array; this version takes {Array.MaxLength:N0}. Let interactions.sql leave out old or weak events.");
        }
        (Users, Items, Times, Events, Values) = (new int[capacity], new int[capacity], new long[capacity], new byte[capacity], new float[capacity]);
    }

    public int Count { get; set; }

    public int[] Users { get; private set; }
    public int[] Items { get; private set; }
    public long[] Times { get; private set; }
    public byte[] Events { get; private set; }
    public float[] Values { get; private set; }

    public void Add(ReadOnlySpan<int> users, ReadOnlySpan<int> items, ReadOnlySpan<long> times, ReadOnlySpan<byte> events, ReadOnlySpan<float> values)
    {
        Room(users.Length);
        users.CopyTo(Users.AsSpan(Count));
        items.CopyTo(Items.AsSpan(Count));
        times.CopyTo(Times.AsSpan(Count));
        events.CopyTo(Events.AsSpan(Count));
        values.CopyTo(Values.AsSpan(Count));
        Count += users.Length;
    }

    /// <summary>Appends one event of another.</summary>
    public void Add(EventColumns other, int at)
    {
        Room(1);
        Users[Count] = other.Users[at];
        Items[Count] = other.Items[at];
        Times[Count] = other.Times[at];
        Events[Count] = other.Events[at];
        Values[Count++] = other.Values[at];
    }

    private void Room(int more)
    {
        if (Count + more <= Items.Length) return;
        var size = Math.Max(Count + more, (int)Math.Min(Array.MaxLength, Items.Length * 2L));
        var (users, items, times, events, values) = (Users, Items, Times, Events, Values);
        Array.Resize(ref users, size);
        Array.Resize(ref items, size);
        Array.Resize(ref times, size);
        Array.Resize(ref events, size);
        Array.Resize(ref values, size);
        (Users, Items, Times, Events, Values) = (users, items, times, events, values);
    }
}
