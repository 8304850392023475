using BatchRec.Train;

namespace BatchRec.Generate;

/// <summary>What drives one customer: categories that they like, the most liked first, a style, a habit, and how often they come.</summary>
internal readonly record struct Taste(int First, int Second, int Third, int Style, int Habit, double Activity)
{
    public static Taste Of(ulong seed, int user, int categories)
    {
        var random = Randomness.At(seed, Place.Users, (ulong)user);
        return new Taste(
            random.Below(categories), random.Below(categories), random.Below(categories), random.Below(Catalogue.Styles),
            random.Below(Catalogue.Followers), Math.Exp(random.Normal()));
    }
}

/// <summary>
/// The customers in order of their first visit: half of them come within the first weeks (those who were there before the log
/// began), half evenly over the whole time.
/// </summary>
internal sealed class Customers
{
    private readonly double[] _activity;
    private readonly int[] _arrived;

    public Customers(ulong seed, int users, int days, int categories)
    {
        _activity = new double[users];
        var sum = 0.0;
        for (var u = 0; u < users; u++) _activity[u] = sum += Taste.Of(seed, u, categories).Activity;

        var settled = Math.Max(1.0, days / 12.0);
        var all = 1 - Math.Exp(-days / settled);
        _arrived = new int[days];
        for (var d = 0; d < days; d++)
        {
            var share = 0.5 * (1 - Math.Exp(-(d + 1) / settled)) / all + 0.5 * (d + 1) / days;
            _arrived[d] = d == days - 1 ? users : Math.Max(1, (int)(share * users));
        }
    }

    /// <summary>Number of customers who have come by the end of a day: users 0 .. that - 1.</summary>
    public int ArrivedBy(int day) => _arrived[day];

    /// <summary>One of the first customers, by how often each comes.</summary>
    public int Pick(int arrived, ref Randomness random) => WeightedChoice.Below(_activity, arrived, ref random);
}
