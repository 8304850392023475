using System.Globalization;
using System.Text.Json;

namespace BatchRec.Benchmarks;

/// <summary>One comparison, as <c>bench.json</c> has it.</summary>
/// <param name="Stage">extract, train, recommend, publish, …</param>
/// <param name="Measure">what is counted, and against whom</param>
/// <param name="Ours">units a second, the median round's</param>
/// <param name="Peer">the same of the peer or of the limit</param>
/// <param name="Ratio">ours over theirs</param>
/// <param name="Bar">what the ratio should reach; null: there is none</param>
/// <param name="Runs">rounds of each, interleaved</param>
internal sealed record Measurement(string Stage, string Measure, double Ours, double Peer, double Ratio, double? Bar, int Runs)
{
    public const string File = "bench.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Rounds alternate, so that both meet the same machine; the first is a warm-up.</summary>
    /// <param name="units">of one round of ours</param>
    /// <param name="ours">seconds of a round</param>
    /// <param name="peerUnits">of one round of the peer's</param>
    /// <param name="peer">seconds of a round</param>
    public static Measurement Interleaved(string stage, string measure, double? bar, int rounds, double units, Func<double> ours, double peerUnits, Func<double> peer)
    {
        var (our, their) = (new List<double>(), new List<double>());
        for (var round = 0; round <= rounds; round++)
        {
            var (a, b) = (ours(), peer());
            Console.WriteLine(Invariant($"round {round}{(round == 0 ? " (warm-up)" : "")}: ours {a:F3} s, theirs {b:F3} s"));
            if (round == 0) continue;
            our.Add(units / a);
            their.Add(peerUnits / b);
        }
        return new Measurement(stage, measure, Median(our), Median(their), Median(our) / Median(their), bar, rounds);
    }

    public static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>Prints it, and puts it into <see cref="File"/> in the place of one of the same stage and measure.</summary>
    public void Keep()
    {
        var bar = Bar is { } least ? Invariant($", bar {least:0.##}: {(Ratio >= least ? "reached" : "missed")}") : "";
        Console.WriteLine(Invariant($"{Stage}: {Measure}: ours {Ours:G4}/s, theirs {Peer:G4}/s, ratio {Ratio:F2}{bar} ({Runs} interleaved rounds)"));
        var all = System.IO.File.Exists(File) ? JsonSerializer.Deserialize<List<Measurement>>(System.IO.File.ReadAllText(File), Json)! : [];
        all.RemoveAll(other => (other.Stage, other.Measure) == (Stage, Measure));
        all.Add(this);
        System.IO.File.WriteAllText(File, JsonSerializer.Serialize(all, Json));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
