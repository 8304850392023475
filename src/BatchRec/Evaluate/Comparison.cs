namespace BatchRec.Evaluate;

/// <summary>A difference or a lift, and what the bootstrap says about it.</summary>
/// <param name="Value">As measured.</param>
/// <param name="Lower">One-sided lower bound: with the given confidence the true value lies above.</param>
/// <param name="Upper">One-sided upper bound.</param>
/// <param name="PValue">Share of the resamples at or below 0.</param>
public sealed record Comparison(double Value, double Lower, double Upper, double PValue)
{
    public bool IsAboveZero => Lower > 0;

    public bool IsBelowZero => Upper < 0;
}
