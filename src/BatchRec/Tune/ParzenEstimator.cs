using BatchRec.Train;

namespace BatchRec.Tune;

/// <summary>
/// A density over an interval: a normal at each observation, as wide as the farther of its neighbours is away, and a wide one at the centre, the prior;
/// all cut off at the ends and weighed alike (Bergstra et al. 2011, section 4.2).
/// </summary>
internal sealed class ParzenEstimator
{
    private readonly double _low, _high;
    private readonly double[] _means, _widths, _masses;

    /// <param name="leastWidth">No normal is narrower.</param>
    public ParzenEstimator(double[] observations, double low, double high, double leastWidth)
    {
        (_low, _high) = (low, high);
        var range = high - low;
        _means = [.. observations.Append((low + high) / 2).Order()];
        _widths = new double[_means.Length];
        // Narrower ones, of observations that lie together, would never look beside them.
        var least = Math.Max(leastWidth, range / Math.Min(100, _means.Length + 1));
        for (var i = 0; i < _means.Length; i++)
        {
            var left = _means[i] - (i == 0 ? low : _means[i - 1]);
            var right = (i == _means.Length - 1 ? high : _means[i + 1]) - _means[i];
            _widths[i] = Math.Clamp(Math.Max(left, right), Math.Min(least, range), range);
        }
        _widths[Array.IndexOf(_means, (low + high) / 2)] = range;
        _masses = [.. _means.Select((mean, i) => Normal.Below((high - mean) / _widths[i]) - Normal.Below((low - mean) / _widths[i]))];
    }

    public double At(double x)
    {
        var sum = 0.0;
        for (var i = 0; i < _means.Length; i++)
        {
            var z = (x - _means[i]) / _widths[i];
            sum += Math.Exp(-z * z / 2) / (_widths[i] * _masses[i]);
        }
        return sum / (_means.Length * Math.Sqrt(2 * Math.PI));
    }

    public double Draw(ref Randomness random)
    {
        var i = random.Below(_means.Length);
        while (true)
        {
            // At least a third of each normal lies within: its mean does, and it is no wider than the interval.
            var x = _means[i] + _widths[i] * random.Normal();
            if (x >= _low && x <= _high) return x;
        }
    }
}
