using BatchRec.Configuration;

namespace BatchRec.Jobs.Configuration;

/// <summary>Where the dashboard listens.</summary>
public sealed record DashboardOptions : IStageOptions
{
    /// <summary>The dashboard is at /hangfire below it. It answers local requests only, wherever it listens: reach it through an SSH tunnel.</summary>
    public string Url { get; init; } = "http://127.0.0.1:5080";

    public IEnumerable<string> Faults()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.AbsolutePath != "/")
            yield return $"Dashboard:Url is '{Url}'; write an address without a path, such as http://127.0.0.1:5080.";
    }
}
