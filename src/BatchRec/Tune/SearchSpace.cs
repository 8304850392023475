using System.Text.Json;
using System.Text.Json.Nodes;
using BatchRec.Train;

namespace BatchRec.Tune;

/// <summary>The options that are searched. Values of them are texts by the option's name, <c>Train:Dropout</c>.</summary>
public sealed class SearchSpace
{
    // Enough that a value which fits to some of the others meets those.
    private const int Combinations = 200;

    private SearchSpace(IReadOnlyList<Dimension> dimensions) => Dimensions = dimensions;

    /// <summary>By name: the order in which a file has them changes nothing.</summary>
    public IReadOnlyList<Dimension> Dimensions { get; }

    /// <param name="ranges"><see cref="TuneOptions.Space"/></param>
    /// <exception cref="BatchRecException">With every fault there is.</exception>
    public static SearchSpace Parse(IReadOnlyDictionary<string, string> ranges)
    {
        var faults = Faults(ranges).ToList();
        if (faults.Count > 0) throw new BatchRecException(string.Join(Environment.NewLine, faults));
        return new SearchSpace([.. ranges.Select(range => Dimension.Parse(range.Key, range.Value, [])!).OrderBy(dimension => dimension.Option, StringComparer.Ordinal)]);
    }

    /// <summary>A sentence for each that is no option of training, or no range of it.</summary>
    public static IEnumerable<string> Faults(IReadOnlyDictionary<string, string> ranges)
    {
        var faults = new List<string>();
        var options = ranges.Select(range => Dimension.Parse(range.Key, range.Value, faults)?.Option).OfType<string>().ToList();
        if (ranges.Count == 0) faults.Add("Tune:Space is empty; name at least one option, such as Train:Dropout with 0.1..0.5.");
        faults.AddRange(options.GroupBy(option => option).Where(same => same.Count() > 1).Select(same => $"Tune:Space:{same.Key} is named twice; remove one."));
        return faults;
    }

    /// <summary>A sentence for each value that training refuses, whatever the other searched options are.</summary>
    /// <param name="configured">What isn't searched is as here.</param>
    public IEnumerable<string> Refused(TrainOptions configured)
    {
        foreach (var dimension in Dimensions)
        foreach (var end in dimension.Ends)
        {
            string? Fault(IReadOnlyDictionary<string, string> values) => Apply(configured, new Dictionary<string, string>(values) { [dimension.Option] = end }).Faults().FirstOrDefault();
            if (Fault(new Dictionary<string, string>()) is not { } fault) continue;
            if (Enumerable.Range(0, Combinations).All(i => Fault(Draw(0, (ulong)i)) is not null))
                yield return $"Tune:Space:{dimension.Option} has {end}, which training refuses: {fault} Leave it out of the range.";
        }
    }

    /// <summary>Values evenly over the space, the same for the same seed and place.</summary>
    internal IReadOnlyDictionary<string, string> Draw(ulong seed, params ReadOnlySpan<ulong> place)
    {
        var random = Randomness.At(seed, place);
        var values = new Dictionary<string, string>();
        foreach (var dimension in Dimensions) values[dimension.Option] = dimension.Draw(ref random);
        return values;
    }

    /// <summary>What the searched options are in <paramref name="options"/>.</summary>
    public IReadOnlyDictionary<string, string> ValuesOf(TrainOptions options)
    {
        var all = JsonSerializer.SerializeToNode(options)!.AsObject();
        return Dimensions.ToDictionary(dimension => dimension.Option, dimension => OptionText.Of(all[dimension.Name]!));
    }

    /// <summary>The options with some of them changed.</summary>
    public static TrainOptions Apply(TrainOptions options, IReadOnlyDictionary<string, string> values)
    {
        var all = JsonSerializer.SerializeToNode(options)!.AsObject();
        foreach (var (option, value) in values) all[option[Dimension.Section.Length..]] = OptionText.ToJson(value);
        return all.Deserialize<TrainOptions>()!;
    }
}
