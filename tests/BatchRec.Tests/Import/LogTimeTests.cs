using System.Globalization;
using BatchRec.Import;
using Xunit;

namespace BatchRec.Tests.Import;

public sealed class LogTimeTests
{
    private static readonly LogTime London = new(TimeZoneInfo.FindSystemTimeZoneById("Europe/London"), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    [Theory]
    [InlineData("978300760", "2000-12-31T22:12:40.0000000Z")]
    [InlineData("978300760.25", "2000-12-31T22:12:40.2500000Z")]
    [InlineData("0", "1970-01-01T00:00:00.0000000Z")]
    [InlineData("2011-01-05", "2011-01-05T00:00:00.0000000Z")]
    [InlineData("2011-01-05 10:30", "2011-01-05T10:30:00.0000000Z")]
    [InlineData("2011-07-05 10:30:15", "2011-07-05T09:30:15.0000000Z")]
    [InlineData("2011-07-05T10:30:15.1234567Z", "2011-07-05T10:30:15.1234560Z")]
    [InlineData("2011-07-05T10:30:15+02:00", "2011-07-05T08:30:15.0000000Z")]
    [InlineData("2011-07-05 10:30:15+00", "2011-07-05T10:30:15.0000000Z")]
    // 27 March 2011, 01:30 doesn't exist in London; 30 October, 01:30 is there twice, and the later one is meant.
    [InlineData("2011-03-27 01:30:00", "2011-03-27T01:30:00.0000000Z")]
    [InlineData("2011-10-30 01:30:00", "2011-10-30T01:30:00.0000000Z")]
    public void Times_become_UTC_microseconds(string text, string expected)
    {
        Assert.Null(London.Parse(text, out var time));
        Assert.Equal(expected, time.ToString("O", CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("", "no time")]
    [InlineData("yesterday", "time is neither ISO 8601 nor Unix seconds")]
    [InlineData("2011-13-05", "time is neither ISO 8601 nor Unix seconds")]
    [InlineData("12/01/2010 08:26", "time is neither ISO 8601 nor Unix seconds")]
    [InlineData("-5", "time before 1970")]
    [InlineData("1969-12-31T23:59:59Z", "time before 1970")]
    [InlineData("2026-01-01T00:00:01Z", "time in the future")]
    [InlineData("1390694400000", "time too large for Unix seconds (milliseconds?)")]
    public void Other_texts_say_why_they_are_no_time(string text, string fault) => Assert.Equal(fault, London.Parse(text, out _));
}
