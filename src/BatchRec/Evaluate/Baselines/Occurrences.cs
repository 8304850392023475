using BatchRec.Interactions;

namespace BatchRec.Evaluate.Baselines;

/// <summary>Where each item occurs: the events of item i stand at <c>Positions[Offsets[i] .. Offsets[i + 1]]</c>, in the log's order.</summary>
internal sealed class Occurrences
{
    private Occurrences(int[] offsets, int[] positions, int[] users) => (Offsets, Positions, Users) = (offsets, positions, users);

    /// <summary>(items + 1)</summary>
    public int[] Offsets { get; }

    /// <summary>(events) absolute index into the log</summary>
    public int[] Positions { get; }

    /// <summary>(events) the user of each position</summary>
    public int[] Users { get; }

    public static Occurrences Of(Sequences log)
    {
        var offsets = new int[log.ItemCount + 1];
        for (var i = 0; i < log.EventCount; i++) offsets[log.Items[i] + 1]++;
        for (var item = 0; item < log.ItemCount; item++) offsets[item + 1] += offsets[item];
        var (next, positions, users) = (offsets[..^1], new int[log.EventCount], new int[log.EventCount]);
        for (var u = 0; u < log.UserCount; u++)
        {
            for (var i = (int)log.Offsets[u]; i < log.Offsets[u + 1]; i++)
            {
                var place = next[log.Items[i]]++;
                (positions[place], users[place]) = (i, u);
            }
        }
        return new Occurrences(offsets, positions, users);
    }
}
