using System.Globalization;
using System.Security.Cryptography;

namespace BatchRec.Runs;

/// <summary>
/// A run's name: the instant it was made (UTC, to the second) and four random hex digits, <c>20261122_020000_3f9a</c>.
/// Sorts by age as text and is a valid part of a SQL identifier and of a file name.
/// </summary>
public readonly record struct RunId : IComparable<RunId>
{
    private const string Format = "yyyyMMdd'_'HHmmss";

    private RunId(string value) => Value = value;

    public string Value { get; }

    public static RunId New(DateTimeOffset now) =>
        new(now.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture) + "_" + RandomNumberGenerator.GetHexString(4, lowercase: true));

    /// <exception cref="FormatException">The text isn't a run id.</exception>
    public static RunId Parse(string text) => IsValid(text)
        ? new RunId(text)
        : throw new FormatException($"'{text}' is not a run id; one looks like 20261122_020000_3f9a (`batchrec status` shows the newest).");

    public static bool IsValid(string text) =>
        text.Length == 20 && text[15] == '_' && text.AsSpan(16).IndexOfAnyExcept("0123456789abcdef") < 0
        && DateTime.TryParseExact(text.AsSpan(0, 15), Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    public int CompareTo(RunId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
