namespace BatchRec.Jobs.Hosting;

/// <summary>Names of Hangfire's queues. A step's queue is given when it is enqueued and kept over retries; a [Queue] attribute would override it.</summary>
public static class Queues
{
    public const string Default = "default";
    public const string Gpu = "gpu";
}
