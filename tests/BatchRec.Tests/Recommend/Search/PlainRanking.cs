namespace BatchRec.Tests.Recommend.Search;

/// <summary>The reference, as plainly as it can be written: all scores in double, sorted by score and then by item index.</summary>
internal static class PlainRanking
{
    public static (int Item, double Score)[] Of(ReadOnlySpan<float> user, float[] items, int n, int[] excluded, bool[] leftOut)
    {
        var scores = new (int Item, double Score)[items.Length / user.Length];
        for (var item = 0; item < scores.Length; item++)
        {
            var sum = 0.0;
            for (var k = 0; k < user.Length; k++) sum += (double)user[k] * items[item * user.Length + k];
            scores[item] = (item, sum);
        }
        return [.. scores.Where(one => !excluded.Contains(one.Item) && (leftOut.Length == 0 || !leftOut[one.Item])).OrderByDescending(one => one.Score).ThenBy(one => one.Item).Take(n)];
    }
}
