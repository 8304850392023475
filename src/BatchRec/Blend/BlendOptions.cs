using BatchRec.Configuration;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Baselines;
using BatchRec.Recommend;

namespace BatchRec.Blend;

/// <summary>Section <c>Blend</c>: what is blended with the model, and what the weights are fitted on.</summary>
public sealed record BlendOptions : IStageOptions
{
    /// <summary>Baselines that are blended with the model; none for no blend. Personal frequency only counts where repeats are recommended.</summary>
    public IReadOnlyList<string> Parts { get; init; } = ["markov", "slit", "ease", "item-knn", "popularity", "popularity-7d", "personal-frequency"];

    /// <summary>Validation cases, at most, that the weights are fitted on; sampled by user.</summary>
    public int MaxCases { get; init; } = 8_192;

    /// <summary>The baselines that take part: where all that was had is left out, what a user had most often says nothing.</summary>
    public IReadOnlyList<string> PartsOf(RecommendOptions options) =>
        RepeatRule.OfServed(options) == RepeatRule.Filtered ? [.. Parts.Except([PersonalFrequency.Id])] : Parts;

    public IEnumerable<string> Faults()
    {
        foreach (var part in Parts.Except(BaselineSet.Names))
            yield return $"Blend:Parts has '{part}'; use {string.Join(", ", BaselineSet.Names)}.";
        if (Parts.Distinct().Count() < Parts.Count) yield return "Blend:Parts names a baseline twice; use each once.";
        if (MaxCases < 1) yield return $"Blend:MaxCases is {MaxCases}; use 1 or more.";
    }
}
