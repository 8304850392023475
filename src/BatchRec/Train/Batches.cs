using BatchRec.Interactions;

namespace BatchRec.Train;

/// <summary>
/// A step's input: windows of <see cref="Rows"/> histories, padded on the right to <see cref="Length"/> so that the causal mask alone
/// keeps padding out, and the positions that have a next item. Losses are computed at those positions only.
/// </summary>
/// <param name="Items">(Rows × Length) vocabulary rows; 0 where padded, which no real position ever looks at</param>
/// <param name="Positions">(n) index into Rows × Length of the position that a target is asked at; several times where it has several</param>
/// <param name="Targets">(n) vocabulary row of an item to come</param>
internal sealed record Batch(int Rows, int Length, int[] Items, int[] Positions, int[] Targets)
{
    /// <summary>(Rows) events of each history</summary>
    public int[] Lengths { get; init; } = [];

    /// <summary>(Rows) whose history each is</summary>
    public int[] Users { get; init; } = [];

    /// <summary>of Rows × Length events</summary>
    public EventBlock Events { get; init; } = EventBlock.None;

    /// <summary>(n) <see cref="EventInputs.WaitBefore"/>; empty where the options leave it out</summary>
    public int[] Waits { get; init; } = [];
}

/// <summary>
/// The training log cut into batches of similar length, anew in every epoch and from (seed, epoch) alone. Users are shuffled, sorted by
/// length within pools of 16 batches and trimmed to multiples of 8: about a third of the time of batches at full length, and the
/// shuffled pools keep batches random enough. A history longer than the model's window gives one random window an epoch.
/// <see cref="Questions"/> says after which event a target is asked.
/// </summary>
internal sealed class Batches
{
    private const int PoolSize = 16;

    /// <summary>Lengths are trimmed to multiples of this: vector units are used whole, and few shapes occur.</summary>
    public const int LengthStep = 8;

    /// <summary>The length that a batch has whose longest history is so long.</summary>
    public static int Padded(int length) => (length + LengthStep - 1) / LengthStep * LengthStep;

    private readonly int[] _rows;
    private readonly long[] _offsets;
    private readonly int[] _users;
    private readonly TrainOptions _options;
    private readonly ulong _seed;
    private readonly EventInputs _events;
    private readonly Questions _questions;

    public Batches(Sequences log, Vocabulary vocabulary, TrainOptions options, ulong seed)
    {
        (_options, _seed, _offsets) = (options, seed, log.Offsets);
        _rows = Array.ConvertAll(log.Items, vocabulary.RowOf);
        _events = new EventInputs(options, vocabulary, log);
        _questions = new Questions(log, options.Targets);
        _users = [.. Enumerable.Range(0, log.UserCount).Where(_questions.HasTarget)];
        Count = (_users.Length + options.BatchSize - 1) / options.BatchSize;
    }

    /// <summary>Batches an epoch.</summary>
    public int Count { get; }

    /// <summary>Users who have at least one target.</summary>
    public int UserCount => _users.Length;

    public Epoch Of(int epoch)
    {
        var random = Randomness.At(_seed, 1, (ulong)epoch);
        var windows = Array.ConvertAll(_users, user => WindowOf(user, ref random));
        random.Shuffle<Window>(windows);
        var pool = PoolSize * _options.BatchSize;
        for (var start = 0; start < windows.Length; start += pool)
            windows.AsSpan(start, Math.Min(pool, windows.Length - start)).Sort(static (a, b) => a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.Start.CompareTo(b.Start));
        var order = Enumerable.Range(0, Count).ToArray();
        random.Shuffle<int>(order);
        return new Epoch(this, windows, order, Randomness.Seed(_seed, 5, (ulong)epoch));
    }

    private Window WindowOf(int user, ref Randomness random)
    {
        var (start, targets) = (_offsets[user], _offsets[user + 1] - _offsets[user] - 1);
        var length = (int)Math.Min(targets, _options.MaxLength);
        var room = (int)(targets - length);
        return new Window(user, room == 0 ? start : start + random.Below(room + 1), length);
    }

    private Batch Pack(ReadOnlySpan<Window> windows, ulong seed)
    {
        var longest = 0;
        foreach (var window in windows) longest = Math.Max(longest, window.Length);
        var length = Padded(longest);
        var size = windows.Length * length;
        var batch = new Batch(windows.Length, length, new int[size], [], [])
        {
            Lengths = new int[windows.Length], Users = new int[windows.Length], Events = _events.Block(size),
        };
        var (positions, targets, waits) = (new List<int>(size), new List<int>(size), new List<int>());
        for (var row = 0; row < windows.Length; row++)
        {
            var (user, start, events) = windows[row];
            (batch.Lengths[row], batch.Users[row]) = (events, user);
            for (var at = start; at < start + events; at++)
            {
                var place = (int)(row * length + at - start);
                batch.Items[place] = _rows[at];
                _events.Tell(at, _offsets[user], batch.Events, place);
            }
            var asked = -1L;
            for (var at = start + 1; at <= start + events; at++)
            {
                asked = _questions.AskedAfter(at, asked);
                if (asked < 0) continue;
                positions.Add((int)(row * length + asked - start));
                targets.Add(_rows[at]);
                if (_events.HasWaits) waits.Add(_events.WaitBefore(at, asked, Randomness.At(seed, (ulong)at)));
            }
        }
        return batch with { Positions = [.. positions], Targets = [.. targets], Waits = [.. waits] };
    }

    /// <summary>Inputs at Start .. Start + Length - 1, targets up to one further.</summary>
    internal readonly record struct Window(int User, long Start, int Length);

    /// <summary>One pass over the users.</summary>
    internal sealed class Epoch(Batches batches, Window[] windows, int[] order, ulong seed)
    {
        public Batch this[int index]
        {
            get
            {
                var size = batches._options.BatchSize;
                var first = order[index] * size;
                return batches.Pack(windows.AsSpan(first, Math.Min(size, windows.Length - first)), seed);
            }
        }
    }
}
