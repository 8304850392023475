namespace BatchRec.Runs;

/// <summary>One model's metric in one run.</summary>
public sealed record RunMetric
{
    public required RunId RunId { get; init; }
    public required string Model { get; init; }

    /// <summary>NaN where there was no case to judge.</summary>
    public required double Value { get; init; }

    public double? Low { get; init; }
    public double? High { get; init; }
}
