using System.IO.Compression;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Baselines;
using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using BatchRec.Recommend;
using Xunit;
using Xunit.Abstractions;

namespace BatchRec.Tests.Evaluate.Baselines;

/// <summary>The baselines give the numbers that are known for them: leave-one-out, full ranking, seen items filtered.</summary>
public class PublishedNumbersTests(ITestOutputHelper output)
{
    [SkippableFact]
    public void ML_1M_leave_one_out()
    {
        var split = LeaveOneOutSplit.Of(Sequences(SharedData.File("ml-1m/sequences.txt.gz")));
        var report = Evaluate(split, Popularity.OfAllTime(split.Train), ItemKnn.Fit(split.Train), Markov.Fit(split.Train), Ease.Fit(split.Train, 4_000), Slit.Fit(split.Train, 4_000));
        AssertClose(report, "popularity", hr: .036, ndcg: .018);
        AssertClose(report, "item-knn", hr: .088, ndcg: .043);
        AssertClose(report, "markov", hr: .267, ndcg: .156);
        AssertClose(report, "ease", hr: .223, ndcg: .122);
        AssertClose(Evaluate(split, Ease.Fit(split.Train, 4_000, decay: 1)), "ease", hr: .108, ndcg: .053);
        // Known for a fit without the validation item.
        var earlier = LeaveOneOutSplit.Of(split.Train).Train;
        AssertClose(Evaluate(split, Slit.Fit(earlier, 4_000)), "slit", hr: .274, ndcg: .162);
    }

    [SkippableFact]
    public void Amazon_Sports_leave_one_out()
    {
        var split = LeaveOneOutSplit.Of(Interactions(SharedData.File("amazon-sports/interactions.csv.gz")));
        var report = Evaluate(split, new MarkovKnn(Markov.Fit(split.Train), ItemKnn.Fit(split.Train)));
        AssertClose(report, "markov+knn", hr: .050, ndcg: .030);
    }

    private EvaluationReport Evaluate(Split split, params Baseline[] baselines)
    {
        var report = Evaluation.Run(
            [split], [.. baselines.Select(baseline => new Contestant(baseline, Role.Baseline))],
            new EvaluateOptions { MaxCases = 50_000, Resamples = 100 }, new RecommendOptions(), default);
        foreach (var row in report.RowsOf(split.Protocol, RepeatRule.Filtered))
            output.WriteLine($"{row.Model,-12} HR@10 {row.Metrics["HR@10"].Value:F4} NDCG@10 {row.Ndcg10:F4} ({row.Cases} cases, {row.Seconds:F1} s)");
        return report;
    }

    private static void AssertClose(EvaluationReport report, string model, double hr, double ndcg)
    {
        var row = report.RowsOf(LeaveOneOutSplit.Protocol, RepeatRule.Filtered).Single(row => row.Model == model);
        Assert.InRange(row.Metrics["HR@10"].Value, hr - .01, hr + .01);
        Assert.InRange(row.Ndcg10, ndcg - .01, ndcg + .01);
    }

    /// <summary>A user and his items in order a line; there are no times, so the n-th event of each user is given second n.</summary>
    private static Sequences Sequences(string path) =>
        Log(Lines(path).Select(line => line.Split(' ').Skip(1).ToArray()));

    private static Sequences Interactions(string path) =>
        Log(Lines(path).Skip(1).Select(line => line.Split(',')).GroupBy(cells => cells[0])
            .Select(user => user.OrderBy(cells => long.Parse(cells[2])).Select(cells => cells[1]).ToArray()));

    private static Sequences Log(IEnumerable<string[]> users)
    {
        var ids = new Dictionary<string, int>();
        var rows = users.Select(items => items.Select(item => ids.TryGetValue(item, out var known) ? known : ids[item] = ids.Count).ToArray()).ToArray();
        return InlineLog.OfItems(ids.Count, rows);
    }

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return line;
    }
}
