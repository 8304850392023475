using BatchRec.Recommend.Search;
using Xunit;
using static BatchRec.Tests.Recommend.Search.TestVectors;

namespace BatchRec.Tests.Recommend.Search;

/// <summary>Every kind of scan against a plain ranking of all reference scores: the same items, the same order, the same scores.</summary>
public class VectorSearchTests
{
    private static readonly ScanKind[] Supported = [.. Enum.GetValues<ScanKind>().Where(VectorSearch.IsSupported)];

    public static TheoryData<ScanKind> Kinds => [.. Supported];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Lists_are_those_of_the_reference_whatever_the_width(ScanKind kind)
    {
        foreach (var dimensions in (int[])[1, 2, 3, 7, 16, 31, 33, 64, 65, 128, 130])
            AssertExact(kind, Gaussian(21, dimensions, 1), Gaussian(3_000, dimensions, 2), dimensions, 20);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Lists_are_those_of_the_reference_whatever_their_length(ScanKind kind)
    {
        foreach (var n in (int[])[1, 2, 100, 1_999, 2_000, 5_000])
            AssertExact(kind, Gaussian(9, 24, 1), Gaussian(2_000, 24, 2), 24, n);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_large_catalogue_goes_through_every_level_of_the_scan(ScanKind kind) =>
        AssertExact(kind, Gaussian(300, 16, 1), Gaussian(40_000, 16, 2), 16, 50);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Ties_go_by_item_index(ScanKind kind)
    {
        AssertExact(kind, Small(17, 4, 1), Small(4_000, 4, 2), 4, 30);
        // Every item ten times.
        var few = Gaussian(300, 16, 3);
        AssertExact(kind, Gaussian(9, 16, 4), [.. Enumerable.Range(0, 3_000).SelectMany(i => few.AsSpan(i * 7 % 300 * 16, 16).ToArray())], 16, 25);
        // One item 5,000 times: more candidates than there is room for.
        AssertExact(kind, Gaussian(9, 16, 5), [.. Enumerable.Range(0, 5_000).SelectMany(_ => few.AsSpan(0, 16).ToArray())], 16, 10);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Scores_that_differ_by_the_last_bits_are_told_apart(ScanKind kind)
    {
        var random = new Random(1);
        var start = Gaussian(1, 32, 6);
        var items = new float[3_000 * 32];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = start[i % 32];
            for (var ulps = random.Next(3) == 0 ? random.Next(3) : 0; ulps > 0; ulps--) items[i] = MathF.BitIncrement(items[i]);
        }
        AssertExact(kind, [.. start, .. Gaussian(10, 32, 7)], items, 32, 40);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Lengths_may_be_anything_that_floats_can_hold(ScanKind kind)
    {
        // 1e37 and 1e-40 (denormal), alone and together.
        foreach (var (least, most) in ((double, double)[])[(-40, -40), (-45, -36), (37, 37), (-2, 2), (-45, 37)])
        {
            var (users, items) = (Gaussian(19, 24, 8), Gaussian(2_500, 24, 9));
            Stretch(users, 24, least, most);
            Stretch(items, 24, least, most);
            AssertExact(kind, users, items, 24, 15);
            AssertExact(kind, Gaussian(9, 24, 8), items, 24, 15);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void One_element_may_dwarf_all_others(ScanKind kind)
    {
        var (users, items) = (Gaussian(9, 32, 10), Gaussian(2_000, 32, 11));
        for (var i = 0; i < items.Length; i += 32) items[i] *= 1e6f;
        AssertExact(kind, users, items, 32, 15);
        for (var i = 0; i < users.Length; i += 32) users[i] = i % 64 == 0 ? 1e6f : 0;
        AssertExact(kind, users, items, 32, 15);
    }

    /// <summary>Items of one element each are bytes exactly, so that whatever is rounded is the users'.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Users_whose_elements_differ_by_less_than_a_byte_does_are_told_apart(ScanKind kind)
    {
        var items = new float[32 * 127 * 32];
        for (var item = 0; item < 32 * 127; item++) items[item * 32 + item / 127] = (item % 127 + 1) / 127f;
        foreach (var n in (int[])[1, 2]) AssertExact(kind, Gaussian(500, 32, 28), items, 32, n);
    }

    /// <summary>Products beyond 2²⁴ that differ by one: floats can't tell them apart.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Whole_numbers_too_large_for_floats_are_told_apart(ScanKind kind)
    {
        const int d = 1_200, alike = 1_100;
        var random = new Random(29);
        float[] users = [.. Enumerable.Range(0, 9 * d).Select(i => i % d < alike ? 127f : random.Next(0, 2))];
        float[] items = [.. Enumerable.Range(0, 2_000 * d).Select(i => i % d < alike ? 127f : random.Next(0, 2))];
        AssertExact(kind, users, items, d, 30);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Zero_vectors_score_zero(ScanKind kind)
    {
        var (users, items) = (Gaussian(9, 8, 12), Gaussian(2_000, 8, 13));
        users.AsSpan(0, 16).Clear();
        for (var item = 0; item < 2_000; item += 3) items.AsSpan(item * 8, 8).Clear();
        AssertExact(kind, users, items, 8, 700);
        AssertExact(kind, users, new float[1_000 * 8], 8, 10);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void All_scores_may_be_negative(ScanKind kind) =>
        AssertExact(kind, Array.ConvertAll(Gaussian(9, 16, 14), MathF.Abs), Array.ConvertAll(Gaussian(3_000, 16, 15), value => -MathF.Abs(value)), 16, 20);

    /// <summary>Their order is that of the reference scores, though all are infinite as floats.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Scores_may_be_beyond_what_a_float_can_hold(ScanKind kind)
    {
        foreach (var sign in (float[])[1e36f, -1e36f])
            AssertExact(kind, Array.ConvertAll(Gaussian(9, 16, 14), value => 1e36f * MathF.Abs(value)), Array.ConvertAll(Gaussian(3_000, 16, 15), value => sign * MathF.Abs(value)), 16, 20);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Clusters_of_similar_items_are_ranked_within(ScanKind kind)
    {
        var (centres, items) = (Gaussian(5, 32, 16), Gaussian(6_000, 32, 17));
        for (var i = 0; i < items.Length; i++) items[i] = centres[i / 32 % 5 * 32 + i % 32] + 1e-3f * items[i];
        AssertExact(kind, [.. centres, .. Gaussian(10, 32, 18)], items, 32, 60);
    }

    /// <summary>What the first sample holds is far better than the rest: guesses from it are wrong, and the lists are right.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_wrong_guess_from_a_sample_costs_time_and_nothing_else(ScanKind kind)
    {
        const int count = 20_000, d = 8;
        var (like, users, items) = (Gaussian(1, d, 27), Gaussian(20, d, 19), Gaussian(count, d, 20));
        for (var i = 0; i < users.Length; i++) users[i] = like[i % d] + 0.1f * users[i];
        var order = new ItemOrder(items, d, [.. Enumerable.Range(0, count)]);
        Assert.True(order.Levels.Length > 2);
        foreach (var item in order.Items.Take(30))
            for (var k = 0; k < d; k++) items[item * d + k] = like[k] * (3 + item * 1e-6f);
        AssertExact(kind, users, items, d, 100);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_excluded_or_left_out_is_in_no_list(ScanKind kind)
    {
        var random = new Random(2);
        var (users, items) = (Gaussian(40, 16, 21), Gaussian(3_000, 16, 22));
        bool[] leftOut = [.. Enumerable.Range(0, 3_000).Select(_ => random.Next(5) == 0)];
        int[][] excluded = [.. Enumerable.Range(0, 40).Select(user => Enumerable.Range(0, 3_000).Where(_ => random.Next(40) < user).Append(9_999_999).ToArray())];
        excluded[3] = [.. Enumerable.Range(0, 3_000)];
        AssertExact(kind, users, items, 16, 50, excluded, leftOut);
        // Those that would be the best.
        for (var user = 0; user < 40; user++) excluded[user] = [.. PlainRanking.Of(users.AsSpan(user * 16, 16), items, 120, [], []).Select(found => found.Item).Order()];
        AssertExact(kind, users, items, 16, 50, excluded, leftOut);
        AssertExact(kind, users, items, 16, 50, excluded, [.. Enumerable.Repeat(true, 3_000)]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_catalogue_may_be_small_or_empty(ScanKind kind)
    {
        AssertExact(kind, Gaussian(3, 5, 23), Gaussian(1, 5, 24), 5, 10);
        AssertExact(kind, Gaussian(3, 5, 23), Gaussian(63, 5, 24), 5, 10);
        AssertExact(kind, Gaussian(3, 5, 23), [], 5, 10);
        AssertExact(kind, [], Gaussian(63, 5, 24), 5, 10);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_not_a_finite_number_is_a_fault_that_names_the_vector(ScanKind kind)
    {
        foreach (var bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            var (users, items) = (Gaussian(5, 6, 25), Gaussian(50, 6, 26));
            items[17 * 6 + 5] = bad;
            Assert.Contains("item index 17 ", Assert.Throws<BatchRecException>(() => new VectorSearch(items, 6, [], kind)).Message);
            bool[] leftOut = [.. Enumerable.Range(0, 50).Select(item => item == 17)];
            AssertExact(kind, users, items, 6, 10, leftOut: leftOut);
            users[3 * 6] = bad;
            Assert.Contains("user row 3 ", Assert.Throws<BatchRecException>(() => Find(new VectorSearch(items, 6, leftOut, kind), users, 5, 10, [])).Message);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Whatever_is_drawn_the_lists_are_the_references(ScanKind kind)
    {
        for (var seed = 100; seed < 160; seed++)
        {
            var random = new Random(seed);
            var (d, userCount, itemCount) = (1 + random.Next(90), 1 + random.Next(40), 1 + random.Next(4_000));
            var (users, items) = (Drawn(random, userCount, d), Drawn(random, itemCount, d));
            int[][] excluded = [.. Enumerable.Range(0, userCount).Select(_ => Enumerable.Range(0, random.Next(50)).Select(_ => random.Next(itemCount)).Distinct().Order().ToArray())];
            bool[] leftOut = random.Next(2) == 0 ? [] : [.. Enumerable.Range(0, itemCount).Select(_ => random.Next(3) == 0)];
            AssertExact(kind, users, items, d, 1 + random.Next(200), excluded, leftOut);
        }
    }

    private static float[] Drawn(Random random, int count, int d)
    {
        var vectors = random.Next(2) == 0 ? Gaussian(count, d, random.Next()) : Small(count, d, random.Next());
        if (random.Next(2) == 0) Stretch(vectors, d, -random.Next(40), random.Next(20));
        for (var copies = random.Next(2) * count / 2; copies > 0; copies--)
            vectors.AsSpan(random.Next(count) * d, d).ToArray().CopyTo(vectors.AsSpan(random.Next(count) * d));
        return vectors;
    }

    private static void AssertExact(ScanKind kind, float[] users, float[] items, int d, int n, int[][]? excluded = null, bool[]? leftOut = null)
    {
        var found = Find(new VectorSearch(items, d, leftOut ?? [], kind), users, d, n, excluded ?? []);
        Assert.Equal(users.Length / d, found.Length);
        for (var user = 0; user < found.Length; user++)
        {
            var expected = PlainRanking.Of(users.AsSpan(user * d, d), items, n, excluded?[user] ?? [], leftOut ?? []);
            Assert.Equal(expected.Select(one => one.Item), found[user].Items);
            Assert.Equal(expected.Select(one => (float)one.Score), found[user].Scores);
        }
    }

    private static (int[] Items, float[] Scores)[] Find(VectorSearch search, float[] users, int d, int n, int[][] excluded)
    {
        var found = new (int[] Items, float[] Scores)[users.Length / d];
        search.Find(users, n, (int user, ref int[] _) => excluded.Length == 0 ? [] : excluded[user],
            (user, items, scores) => found[user] = (items.ToArray(), scores.ToArray()), threads: 2, CancellationToken.None);
        return found;
    }
}
