using BatchRec.Jobs.Dashboard;

namespace BatchRec.Jobs.Reports;

/// <summary>One HTML file that needs nothing beside it: the dashboard's style inline, no scripts, nothing from the network.</summary>
internal static class ReportDocument
{
    public static Markup Of(string title, Markup body) => Markup.Of($"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/><meta name="color-scheme" content="light dark"/><title>{title}</title><link rel="icon" href="data:,"/>
        <style>{Style("report.css")}{Style("batchrec.css")}</style></head>
        <body><main class="br-page"><h1>{title}</h1>{body}</main></body></html>
        """);

    public static void Write(string path, Markup document)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        Runs.Durable.Write(path, document.Html);
    }

    private static Markup Style(string name)
    {
        using var stream = typeof(ReportDocument).Assembly.GetManifestResourceStream($"dashboard/{name}")!;
        return new Markup(new StreamReader(stream).ReadToEnd());
    }
}
