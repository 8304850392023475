using System.Globalization;
using BatchRec.Runs;

namespace BatchRec.Interactions;

/// <summary>
/// The interaction log as extract has left it: one Parquet file a UTC day that has rows, sorted by
/// (<c>user_id</c>, <c>time</c>, <c>position</c>, <c>item_id</c>), and what is known of items and users.
/// </summary>
/// <remarks>
/// Columns of a day: <c>user_id</c> and <c>item_id</c> (BIGINT, UUID or VARCHAR), <c>event_type</c> (VARCHAR), <c>time</c> (BIGINT,
/// microseconds since 1970, UTC), <c>value</c> (FLOAT, may be missing), <c>position</c> (BIGINT, may be missing).
/// </remarks>
public sealed class InteractionLog
{
    public const string UserId = "user_id", ItemId = "item_id", EventType = "event_type", Time = "time", Value = "value", Position = "position";

    /// <summary>What <c>items.sql</c> and <c>users.sql</c> yield.</summary>
    public const string ItemsFile = "items.parquet", UsersFile = "users.parquet";

    /// <summary>Files to read in one query: enough to be worth it, few enough to be cancelled between.</summary>
    internal const int DaysAtOnce = 64;

    private const string DayPrefix = "day=", Extension = ".parquet", DayFormat = "yyyy-MM-dd";

    private static readonly DateOnly FirstDay = new(1970, 1, 1);

    private readonly Artefact _artefact;

    private InteractionLog(Artefact artefact) => (_artefact, Facts) = (artefact, InteractionFacts.Of(artefact));

    /// <exception cref="BatchRecException">The artefact was made by a version that knew less.</exception>
    public static InteractionLog Open(Artefact artefact) => new(artefact);

    public InteractionFacts Facts { get; }

    public long Rows => _artefact.Manifest.Rows;

    /// <summary>The days that have rows, ascending.</summary>
    public IReadOnlyList<DayFile> Days => field ??=
        [.. _artefact.Manifest.Files.Where(file => file.Name.StartsWith(DayPrefix, StringComparison.Ordinal))
            .Select(file => new DayFile(DayOf(file.Name), file, _artefact.PathOf(file))).OrderBy(day => day.Number)];

    /// <summary>The file with what <c>items.sql</c> yields, or null where the source has none.</summary>
    public ManifestFile? Items => _artefact.Manifest.Files.FirstOrDefault(file => file.Name == ItemsFile);

    /// <summary>The file with what <c>users.sql</c> yields, or null where the source has none.</summary>
    public ManifestFile? Users => _artefact.Manifest.Files.FirstOrDefault(file => file.Name == UsersFile);

    /// <summary>The name of a day's file.</summary>
    /// <param name="day">Days since 1970.</param>
    internal static string FileOf(int day) => DayPrefix + FirstDay.AddDays(day).ToString(DayFormat, CultureInfo.InvariantCulture) + Extension;

    private static int DayOf(string name) =>
        DateOnly.ParseExact(name.AsSpan(DayPrefix.Length, DayFormat.Length), DayFormat, CultureInfo.InvariantCulture).DayNumber - FirstDay.DayNumber;

    /// <param name="Number">Days since 1970, UTC.</param>
    public sealed record DayFile(int Number, ManifestFile File, string Path)
    {
        public DateOnly Date => FirstDay.AddDays(Number);
    }
}
