using BatchRec.Extract;
using Xunit;

namespace BatchRec.Tests.Extract;

public class SliceTests
{
    private const long Day = 86_400_000_000;

    [Theory]
    [InlineData(1, 10_000_000, 2)]
    [InlineData(1, 10, 16)]
    [InlineData(4, 10_000_000, 2)]
    [InlineData(4, 20_000, 16)]
    [InlineData(90, 555_000, 2)]
    [InlineData(5_000, 100, 4)]
    public async Task Slices_of_whole_days_cover_the_range_once(int days, long rowsADay, int readers)
    {
        var (from, until) = (20_000 * Day + 12345, (20_000 + days) * Day - 678);
        var slices = await Slice.PlanAsync(from, until, readers, long.MaxValue, slice => Task.FromResult((slice.Until - slice.From) / (double)Day * rowsADay));
        Assert.Equal(20_000 * Day, slices[0].From);
        Assert.Equal(until, slices[^1].Until);
        for (var i = 1; i < slices.Count; i++)
        {
            Assert.Equal(slices[i - 1].Until, slices[i].From);
            Assert.Equal(0, slices[i].From % Day);
        }
        if (rowsADay * days > 1_000_000 && days > 1) Assert.InRange(slices.Count, 2, days);
    }

    [Fact]
    public async Task Estimates_that_are_far_off_lose_nothing()
    {
        var slices = await Slice.PlanAsync(0, 10 * Day, 2, long.MaxValue, _ => Task.FromResult(1e12));
        Assert.Equal(Enumerable.Range(0, 10).Select(day => new Slice(day * Day, (day + 1) * Day)), slices);
    }
}
