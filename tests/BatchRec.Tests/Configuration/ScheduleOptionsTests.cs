using BatchRec.Configuration;
using Xunit;

namespace BatchRec.Tests.Configuration;

public sealed class ScheduleOptionsTests
{
    [Theory]
    [InlineData("0 4 * * *", "UTC", "2026-03-01T04:00:00Z", "2026-03-01T04:00:00Z")]
    [InlineData("0 4 * * *", "UTC", "2026-03-01T03:59:59Z", "2026-02-28T04:00:00Z")]
    [InlineData("0 4 * * *", "Europe/Berlin", "2026-07-01T12:00:00Z", "2026-07-01T02:00:00Z")]
    [InlineData("0 4 * * *", "Europe/Berlin", "2026-01-01T12:00:00Z", "2026-01-01T03:00:00Z")]
    [InlineData("0 4 * * 0", "UTC", "2026-03-05T00:00:00Z", "2026-03-01T04:00:00Z")]
    [InlineData("0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", "2024-02-29T00:00:00Z")]
    // The hour that a spring night in Berlin lacks: at once after it.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-29T05:00:00Z", "2026-03-29T01:00:00Z")]
    public void The_night_that_was_due_last_is_the_same_however_late_it_is_asked_for(string cron, string zone, string now, string due) =>
        Assert.Equal(DateTimeOffset.Parse(due), new ScheduleOptions { Cron = cron, TimeZone = zone }.LastDue(DateTimeOffset.Parse(now)));

    [Fact]
    public void A_schedule_that_never_comes_has_no_last_night() =>
        Assert.Null(new ScheduleOptions { Cron = "0 0 30 2 *" }.LastDue(DateTimeOffset.UnixEpoch.AddYears(50)));

    [Fact]
    public void Faults_say_what_to_write_instead()
    {
        Assert.Empty(new ScheduleOptions().Faults());
        var faults = new ScheduleOptions { Cron = "at four", TimeZone = "Mars/Olympus" }.Faults().ToList();
        Assert.Equal(2, faults.Count);
        Assert.Contains("'at four'; write five fields", faults[0]);
        Assert.Contains("'Mars/Olympus'", faults[1]);
    }
}
