using System.Globalization;
using System.IO.Compression;
using BatchRec.Interactions;

namespace BatchRec.Benchmarks;

/// <summary>ML-1M as the sequence that SASRec, BERT4Rec and gSASRec use: a line a user, the user's number and then films in the order they were rated.</summary>
internal static class MovieLens
{
    public static string DefaultPath => Path.Combine(
        Environment.GetEnvironmentVariable("BATCHREC_DATA") ?? Path.Combine("..", "shared", "data"), "ml-1m", "sequences.txt.gz");

    /// <summary>Films numbered densely by their original id; an event's time is its place in the history.</summary>
    public static Sequences Read(string path)
    {
        if (!File.Exists(path)) throw new BatchRecException($"{path} is not there. Name the file with --data, or its folder's parent in BATCHREC_DATA.");
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        var histories = new List<int[]>();
        while (reader.ReadLine() is { } line)
            histories.Add([.. line.Split(' ').Skip(1).Select(id => int.Parse(id, CultureInfo.InvariantCulture))]);
        var films = histories.SelectMany(history => history).Distinct().Order().ToArray();
        return Of([.. histories.Select(history => Array.ConvertAll(history, film => Array.BinarySearch(films, film)))], films.Length);
    }

    public static Sequences Of(IReadOnlyList<int[]> histories, int itemCount)
    {
        var offsets = new long[histories.Count + 1];
        for (var user = 0; user < histories.Count; user++) offsets[user + 1] = offsets[user] + histories[user].Length;
        return new Sequences
        {
            UserCount = histories.Count,
            ItemCount = itemCount,
            Offsets = offsets,
            Items = [.. histories.SelectMany(history => history)],
            Times = [.. histories.SelectMany(history => Enumerable.Range(0, history.Length).Select(place => (long)place))],
            Events = new byte[offsets[^1]],
            Values = new float[offsets[^1]],
            EventTypes = ["rate"],
        };
    }
}
