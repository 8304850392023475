using System.Globalization;
using BatchRec.Evaluate.Splits;
using BatchRec.Import;
using BatchRec.Interactions;

namespace BatchRec.Evaluate.Offline;

/// <summary>A protocol by name and how it cuts a log of its own: what is tuned on, and what is measured once.</summary>
/// <param name="Name">One of <see cref="Names"/>.</param>
/// <param name="Cutoff">T, microseconds since 1970, UTC; null: as a night would cut the log.</param>
/// <param name="CutoffShare">Or the share of all events that lie before it.</param>
public sealed record OfflineProtocol(string Name, long? Cutoff = null, double? CutoffShare = null)
{
    private const string Horizon = "horizon-";

    /// <summary>
    /// The model that the test measures is trained again on all that lies before the test, for the epochs that validation found; the blend's weights stay validation's. As a
    /// night does; most published numbers have none.
    /// </summary>
    public bool Refit { get; init; }

    public static string Names => "nightly, horizon-7d (or another number of days), last, successive, leave-one-out";

    /// <exception cref="BatchRecException">There is no such protocol.</exception>
    public static OfflineProtocol Parse(string name, string? cutoff)
    {
        if (name is not (NightlySplit.Protocol or LastSplit.Protocol or SuccessiveSplit.Protocol or LeaveOneOutSplit.Protocol) && HorizonDays(name) is null)
            throw new BatchRecException($"There is no protocol '{name}'; use {Names}.");
        if (cutoff is null) return new OfflineProtocol(name);
        if (name == LeaveOneOutSplit.Protocol) throw new BatchRecException("leave-one-out has no cutoff: leave --cutoff out.");
        if (double.TryParse(cutoff, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1) return new OfflineProtocol(name, CutoffShare: number);
        return new LogTime(TimeZoneInfo.Utc, DateTime.MaxValue).Parse(cutoff, out var time) is { } fault
            ? throw new BatchRecException($"--cutoff is '{cutoff}': {fault}. Write an instant (2026-03-01, or Unix seconds) or a share of the events such as 0.9.")
            : new OfflineProtocol(name, Cutoff: (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>What is tuned on: no part of it is in the other.</summary>
    /// <exception cref="BatchRecException">The log can't be cut so.</exception>
    public (Split Validation, Split Test) Cut(LogFile file, EvaluateOptions options)
    {
        var log = file.Sequences;
        if (file.TestFrom is not null) return CutByFile(file, file.TestFrom, options);
        if (Name == LeaveOneOutSplit.Protocol)
        {
            var last = LeaveOneOutSplit.Of(log);
            return (LeaveOneOutSplit.Of(last.Train), last);
        }
        if (!file.HasTimes) throw new BatchRecException($"{Name} cuts a log by time, but this one has no times. Use leave-one-out, or give the later events in a file of their own (--test).");
        var cutoff = Cutoff ?? (CutoffShare is { } share ? TimeCutoff.AtQuantile(log, share) : HoldoutCutoff.Of(log, log.Times.Max() + 1, options.HoldoutDays));
        var targets = Protocols.Targets(log, options);
        var test = Asked(new TimeCutoff(log, cutoff, targets) { Baskets = options.Baskets });
        if (test.Train.EventCount == 0) throw new BatchRecException("No event lies before the cutoff, so there is nothing to learn from. Use a later --cutoff.");
        var at = HoldoutCutoff.Of(test.Train, cutoff, options.ValidationDays);
        return (ValidationSplit.Of(new TimeCutoff(test.Train, at, targets) { Baskets = options.Baskets }, Asked, options.ValidationUsers, options.Seed), test);
    }

    private (Split Validation, Split Test) CutByFile(LogFile file, long[] testFrom, EvaluateOptions options)
    {
        if (Name == LeaveOneOutSplit.Protocol || HorizonDays(Name) is not null)
            throw new BatchRecException($"{Name} cuts a log itself; with --test use nightly, last or successive.");
        var log = file.Sequences;
        var targets = Protocols.Targets(log, options);
        var (held, askedUsers, newUsers) = (0L, 0, 0);
        var start = long.MaxValue;
        for (var user = 0; user < log.UserCount; user++)
        {
            var (from, until) = (testFrom[user], log.Offsets[user + 1]);
            if (from == until) continue;
            (held, askedUsers, newUsers) = (held + until - from, askedUsers + 1, newUsers + (from == log.Offsets[user] ? 1 : 0));
            start = Math.Min(start, log.Times[from]);
        }
        var test = Asked(new TimeCutoff(log, start, targets) { Baskets = options.Baskets, Ends = testFrom });
        if (test.Cases.Count == 0)
            throw new BatchRecException($"{Name} asks nothing: the test file's {askedUsers:N0} users have no history to ask from. For sessions of their own use last or successive, which ask within a session.");
        // As many of a user's last events as the test holds; of sessions, which it doesn't share, all but the first.
        var most = 2 * newUsers > askedUsers ? long.MaxValue : Math.Max(1, held / Math.Max(askedUsers, 1));
        var train = test.Train;
        var ends = new long[train.UserCount];
        for (var user = 0; user < ends.Length; user++)
            ends[user] = Math.Max(Math.Min(train.Offsets[user] + 1, train.Offsets[user + 1]), most == long.MaxValue ? 0 : train.Offsets[user + 1] - most);
        return (ValidationSplit.Of(new TimeCutoff(train, start, targets) { Baskets = options.Baskets, Ends = ends }, Asked, options.ValidationUsers, options.Seed), test);
    }

    private Split Asked(TimeCutoff at) => HorizonDays(Name) is { } days ? HorizonSplit.Of(at, days) : Protocols.Of(Name, at, 0);

    private static int? HorizonDays(string name) =>
        name.StartsWith(Horizon, StringComparison.Ordinal) && name.EndsWith('d') && int.TryParse(name.AsSpan()[Horizon.Length..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days > 0
            ? days
            : null;
}
