using BatchRec.Train;

namespace BatchRec.Tune;

/// <summary>One of some values without an order.</summary>
public sealed record CategoricalDimension(string Option, string[] Choices) : Dimension(Option)
{
    internal override IEnumerable<string> Ends => Choices;

    internal override string Draw(ref Randomness random) => Choices[random.Below(Choices.Length)];

    internal override IDensity Density(IEnumerable<string> values)
    {
        // Each choice has been seen once more than it was (Laplace): none is ever given up.
        var counts = Choices.Select(choice => 1.0 + values.Count(value => value == choice)).ToArray();
        return new Frequencies(Choices, Array.ConvertAll(counts, count => count / counts.Sum()));
    }

    private sealed class Frequencies(string[] choices, double[] shares) : IDensity
    {
        public string Draw(ref Randomness random)
        {
            var rest = random.Uniform();
            for (var i = 0; i < shares.Length - 1; i++)
                if ((rest -= shares[i]) < 0) return choices[i];
            return choices[^1];
        }

        public double At(string value) => Array.IndexOf(choices, value) is >= 0 and var place ? shares[place] : 0;
    }
}
