namespace BatchRec.Tests.Recommend.Search;

/// <summary>Vectors to search among, (count × d) row-major, the same for the same seed.</summary>
internal static class TestVectors
{
    /// <summary>Multiplies each vector by a power of ten between these.</summary>
    public static void Stretch(float[] vectors, int d, double least, double most)
    {
        var random = new Random(3);
        for (var row = 0; row < vectors.Length; row += d)
        {
            var factor = Math.Pow(10, least + (most - least) * random.NextDouble());
            for (var k = 0; k < d; k++) vectors[row + k] = (float)(vectors[row + k] * factor);
        }
    }

    public static float[] Gaussian(int count, int d, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count * d).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }

    public static float[] Small(int count, int d, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count * d).Select(_ => (float)random.Next(-1, 2))];
    }
}
