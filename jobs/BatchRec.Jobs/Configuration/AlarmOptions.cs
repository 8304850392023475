using BatchRec.Configuration;

namespace BatchRec.Jobs.Configuration;

/// <summary>Who is told when something is wrong, and when it is. The section <c>Alarms</c>, one for all pipelines.</summary>
public sealed record AlarmOptions : IStageOptions
{
    /// <summary>Gets a JSON object with <c>text</c> (as chat services show it), <c>state</c>, <c>key</c>, <c>severity</c>, <c>what</c> and <c>remedy</c>; empty: nobody does. May hold a secret: best as an environment variable.</summary>
    public string WebhookUrl { get; init; } = "";

    /// <summary>Is asked for at every look, so that its owner notices when the scheduler is dead; empty: none.</summary>
    public string HeartbeatUrl { get; init; } = "";

    /// <summary>Between two looks.</summary>
    public double EverySeconds { get; init; } = 60;

    /// <summary>How late a night may start.</summary>
    public int MissedNightMinutes { get; init; } = 15;

    /// <summary>How long a step may wait in a queue that nobody works on.</summary>
    public int QueueMinutes { get; init; } = 10;

    /// <summary>Free space that the artefact folder should have.</summary>
    public double FreeDiskGiB { get; init; } = 2;

    public IEnumerable<string> Faults()
    {
        foreach (var (name, url) in ((string, string)[])[(nameof(WebhookUrl), WebhookUrl), (nameof(HeartbeatUrl), HeartbeatUrl)])
            if (url.Length > 0 && !(Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"))
                yield return $"Alarms:{name} is no address; write one such as https://hooks.example.com/…, or leave it out.";
        if (EverySeconds is not (>= 1 and <= 3600)) yield return $"Alarms:EverySeconds is {EverySeconds}; use 1 to 3600.";
        if (MissedNightMinutes < 1) yield return $"Alarms:MissedNightMinutes is {MissedNightMinutes}; use 1 or more.";
        if (QueueMinutes < 0) yield return $"Alarms:QueueMinutes is {QueueMinutes}; use 0 or more.";
        if (FreeDiskGiB is not (>= 0 and < double.PositiveInfinity)) yield return $"Alarms:FreeDiskGiB is {FreeDiskGiB}; use 0 or more.";
    }
}
