using BatchRec.Train;

namespace BatchRec.Tune;

/// <summary>One of some values without an order.</summary>
public sealed record CategoricalDimension(string Option, IReadOnlyList<string> Choices) : Dimension(Option)
{
    internal override IEnumerable<string> Ends => Choices;

    internal override string Draw(ref Randomness random) => Choices[random.Below(Choices.Count)];

    internal override IDensity Density(IEnumerable<string> values)
    {
        // Each choice has been seen once more than it was (Laplace): none is ever given up.
        var counts = Choices.Select(choice => 1.0 + values.Count(value => value == choice)).ToArray();
        return new Frequencies(Choices, Array.ConvertAll(counts, count => count / counts.Sum()));
    }

    private sealed class Frequencies(IReadOnlyList<string> choices, double[] shares) : IDensity
    {
        public string Draw(ref Randomness random)
        {
            var rest = random.Uniform();
            for (var i = 0; i < shares.Length - 1; i++)
                if ((rest -= shares[i]) < 0) return choices[i];
            return choices[^1];
        }

        public double At(string value) => choices.IndexOf(value) is >= 0 and var place ? shares[place] : 0;
    }
}

file static class Lists
{
    public static int IndexOf(this IReadOnlyList<string> list, string value)
    {
        for (var i = 0; i < list.Count; i++)
            if (list[i] == value) return i;
        return -1;
    }
}
