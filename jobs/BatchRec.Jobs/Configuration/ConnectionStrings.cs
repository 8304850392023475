using BatchRec.Configuration;
using Npgsql;

namespace BatchRec.Jobs.Configuration;

/// <summary>The three databases; one by default.</summary>
public sealed record ConnectionStrings : IStageOptions
{
    /// <summary>Where the interactions are read.</summary>
    public string Source { get; init; } = "";

    /// <summary>Where runs are kept and recommendations are published; empty: the source's. Direct, not through a transaction-pooling PgBouncer: steps hold session locks.</summary>
    public string Results { get; init; } = "";

    /// <summary>Where Hangfire keeps its jobs; empty: the source's.</summary>
    public string Hangfire { get; init; } = "";

    public string EffectiveResults => Results.Length > 0 ? Results : Source;

    public string EffectiveHangfire => Hangfire.Length > 0 ? Hangfire : Source;

    private const string Example = "write one such as 'Host=localhost;Database=shop;Username=batchrec;Password=…', best as the environment variable ConnectionStrings__Source";

    /// <summary>Null where there is one.</summary>
    public string? Missing => Source.Length == 0 ? $"ConnectionStrings:Source is missing; {Example}." : null;

    public IEnumerable<string> Faults()
    {
        foreach (var (name, text) in ((string, string)[])[(nameof(Source), Source), (nameof(Results), Results), (nameof(Hangfire), Hangfire)])
            if (FaultOf(text) is { } fault) yield return $"ConnectionStrings:{name} is not a connection string ({fault}); {Example}.";
    }

    private static string? FaultOf(string text)
    {
        if (text.Length == 0) return null;
        try
        {
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host) ? "it names no Host" : null;
        }
        catch (ArgumentException fault)
        {
            return fault.Message;
        }
    }
}
