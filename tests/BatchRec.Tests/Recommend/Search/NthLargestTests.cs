using BatchRec.Recommend.Search;
using Xunit;

namespace BatchRec.Tests.Recommend.Search;

public sealed class NthLargestTests
{
    [Theory]
    [InlineData("spread over both signs")]
    [InlineData("close to each other")]
    [InlineData("all the same")]
    [InlineData("different in the last bits alone")]
    [InlineData("infinite and zero")]
    public void At_least_n_reach_it_and_none_that_is_farther_off_than_its_bits(string kind)
    {
        var random = new Random(3);
        foreach (var count in (int[])[1, 2, 15, 16, 17, 100, 333])
        {
            var numbers = new float[count];
            for (var i = 0; i < count; i++)
                numbers[i] = kind switch
                {
                    "spread over both signs" => (float)(random.NextDouble() * 2e6 - 1e6),
                    "close to each other" => 1 + random.NextSingle() / 100,
                    "all the same" => -2.5f,
                    "different in the last bits alone" => MathF.BitIncrement(random.Next(2) == 0 ? 7f : MathF.BitIncrement(7f)),
                    _ => random.Next(3) switch { 0 => float.PositiveInfinity, 1 => float.NegativeInfinity, _ => -0f },
                };
            var keys = Array.ConvertAll(numbers, NthLargest.Key);
            var sorted = keys.OrderDescending().ToArray();
            foreach (var n in (int[])[1, (count + 1) / 2, count])
            {
                var found = NthLargest.Of(keys, n);
                Assert.True(keys.Count(key => key >= found) >= n);
                // Sign, exponent and eleven bits of the n-th largest's own.
                Assert.Equal(sorted[n - 1] & 0xFFFFF000u, found);
            }
        }
    }
}
