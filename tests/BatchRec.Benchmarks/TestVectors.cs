using BatchRec.Train;

namespace BatchRec.Benchmarks;

/// <summary>Vectors to search among.</summary>
internal static class TestVectors
{
    private const int Clusters = 500;

    /// <param name="kind">
    /// <c>gaussian</c>: independent elements; <c>unit</c>: these at length 1, as a model with cosine scores has them; <c>clustered</c>: 500 directions of unequal
    /// weight with noise of the same size, lengths log-normal (σ = .5), as with popularity in them
    /// </param>
    /// <returns>(count × D)</returns>
    public static float[] Of(string kind, int count, int dimensions, ulong seed)
    {
        var random = Randomness.At(seed);
        var centres = Gaussian(Clusters, dimensions, Randomness.At(3));
        var vectors = Gaussian(count, dimensions, random);
        for (var row = 0; row < count; row++)
        {
            var vector = vectors.AsSpan(row * dimensions, dimensions);
            switch (kind)
            {
                case "gaussian":
                    continue;
                case "unit":
                    Scale(vector, 1);
                    continue;
                case "clustered":
                    var cluster = (int)Math.Pow(Clusters, random.Uniform()) - 1;
                    for (var k = 0; k < dimensions; k++) vector[k] += centres[cluster * dimensions + k];
                    Scale(vector, Math.Exp(0.5 * random.Normal()));
                    continue;
                default:
                    throw new BatchRecException($"'{kind}' is no kind of vectors; use gaussian, unit or clustered.");
            }
        }
        return vectors;
    }

    private static float[] Gaussian(int count, int dimensions, Randomness random)
    {
        var values = new float[count * dimensions];
        for (var i = 0; i < values.Length; i++) values[i] = (float)random.Normal();
        return values;
    }

    private static void Scale(Span<float> vector, double length)
    {
        var squares = 0.0;
        foreach (var value in vector) squares += (double)value * value;
        for (var k = 0; k < vector.Length; k++) vector[k] = (float)(vector[k] * length / Math.Sqrt(squares));
    }
}
