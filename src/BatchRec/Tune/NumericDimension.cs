using System.Globalization;
using BatchRec.Train;

namespace BatchRec.Tune;

/// <summary>A range of numbers, searched evenly or evenly in the logarithm.</summary>
/// <param name="IsWhole">Whole numbers only, both ends included.</param>
public sealed record NumericDimension(string Option, double Low, double High, bool IsWhole, bool IsLog) : Dimension(Option)
{
    // A whole number stands for all that is rounded to it: so the ends are as likely as the others.
    private double From => Scaled(IsWhole ? Low - 0.5 : Low);

    private double To => Scaled(IsWhole ? High + 0.5 : High);

    internal override IEnumerable<string> Ends => [OptionText.Of(Low), OptionText.Of(High)];

    internal override string Draw(ref Randomness random) => ValueAt(From + (To - From) * random.Uniform());

    internal override IDensity Density(IEnumerable<string> values)
    {
        // Narrower than a whole number is wide, a normal would say nothing of its neighbours.
        var least = IsWhole && !IsLog ? 0.5 : 0;
        return new Parzen(this, new ParzenEstimator([.. values.Select(Number).Where(value => value >= Low && value <= High).Select(Scaled)], From, To, least));
    }

    private double Scaled(double value) => IsLog ? Math.Log(value) : value;

    /// <summary>Four digits are more than a validation can tell apart, and few enough to be read.</summary>
    private string ValueAt(double scaled)
    {
        var value = IsLog ? Math.Exp(scaled) : scaled;
        var rounded = IsWhole ? Math.Round(value) : Number(value.ToString("G4", CultureInfo.InvariantCulture));
        return OptionText.Of(Math.Clamp(rounded, Low, High));
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private sealed class Parzen(NumericDimension dimension, ParzenEstimator estimator) : IDensity
    {
        public string Draw(ref Randomness random) => dimension.ValueAt(estimator.Draw(ref random));

        public double At(string value) => estimator.At(dimension.Scaled(Number(value)));
    }
}
