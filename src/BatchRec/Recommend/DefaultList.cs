using System.Runtime.InteropServices;
using System.Security.Cryptography;
using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;

namespace BatchRec.Recommend;

/// <summary>
/// The list of a pipeline for users whom nothing is known about: available items by events of the last days, ties by events of all time,
/// then by item index. It serves users too new for the model, fills lists that come out short, and is the <c>default</c> list that readers
/// get for users without rows.
/// </summary>
/// <param name="Items">Dense item indices, the best first.</param>
/// <param name="Scores">Share of the last days' events, 0 for items that had none.</param>
public sealed record DefaultList(int[] Items, float[] Scores)
{
    /// <summary>As it stands in the <c>source</c> column.</summary>
    public const string Source = "fallback";

    /// <param name="asOf">Microseconds since 1970, UTC; events in [asOf − days, asOf) are recent.</param>
    /// <param name="unavailable">(items) true where an item can't be recommended; or empty.</param>
    public static DefaultList Of(Sequences log, long asOf, int days, int length, ReadOnlySpan<bool> unavailable)
    {
        var recent = Popularity.Counts(log, asOf - days * Sequences.MicrosecondsPerDay, asOf);
        var all = Popularity.Counts(log, until: asOf);
        var items = new List<int>();
        for (var item = 0; item < log.ItemCount; item++)
            if (all[item] > 0 && (unavailable.IsEmpty || !unavailable[item])) items.Add(item);
        int[] best = [.. items.OrderByDescending(item => recent[item]).ThenByDescending(item => all[item]).ThenBy(item => item).Take(length)];
        var total = Math.Max(recent.Sum(count => (long)count), 1);
        return new DefaultList(best, Array.ConvertAll(best, item => (float)((double)recent[item] / total)));
    }

    /// <summary>A number for the list: other items or scores give another.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>(Items));
        hash.AppendData(MemoryMarshal.AsBytes<float>(Scores));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <exception cref="BatchRecException">The disk is full or the folder can't be written.</exception>
    public void Write(string path, IdMap items)
    {
        int[] offsets = [0, Items.Length];
        ParquetFile.Write(path,
            Column.List(TopNLists.ItemIdsColumn, offsets, items.ToColumn("item_id", Items)),
            Column.List(TopNLists.ScoresColumn, offsets, Column.Float("score", Scores)),
            Column.List(TopNLists.SourcesColumn, offsets, Column.Text("source", Texts.Of([Source]), new int[Items.Length])));
    }
}
