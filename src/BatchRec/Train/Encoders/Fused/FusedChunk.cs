namespace BatchRec.Train.Encoders.Fused;

/// <summary>Histories that a thread passes through the whole network together, packed without padding: they stay in its cache.</summary>
/// <param name="First">number of the first history in the batch</param>
/// <param name="Histories">how many</param>
/// <param name="Tokens">events of all of them</param>
/// <param name="Before">padded rows of the chunks before</param>
internal readonly record struct FusedChunk(int First, int Histories, int Tokens, long Before)
{
    /// <summary>Rows of a chunk at least, where the batch has them: enough to use products' weights often.</summary>
    private const int Enough = 128;

    private const int RowStep = 16;

    /// <summary>Rows with those of zeros at the end.</summary>
    public int Rows => (Tokens + RowStep - 1) / RowStep * RowStep;

    /// <summary>Cuts a batch so that the threads' shares are alike.</summary>
    public static FusedChunk[] Of(ReadOnlySpan<int> lengths, int threads)
    {
        var total = 0L;
        foreach (var length in lengths) total += length;
        var count = Math.Max(1, total / (threads * Enough)) * threads;
        var chunks = new List<FusedChunk>();
        var (first, tokens, done, before) = (0, 0, 0L, 0L);
        for (var history = 0; history < lengths.Length; history++)
        {
            tokens += lengths[history];
            if (history < lengths.Length - 1 && (done + tokens) * count < total * (chunks.Count + 1)) continue;
            chunks.Add(new FusedChunk(first, history + 1 - first, tokens, before));
            before += chunks[^1].Rows;
            (first, tokens, done) = (history + 1, 0, done + tokens);
        }
        return [.. chunks];
    }
}
