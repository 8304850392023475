using Spectre.Console;

namespace BatchRec.Jobs.Cli;

/// <summary>A table on the screen, or aligned columns where standard output is a file or a pipe.</summary>
internal static class Grid
{
    /// <summary>To so many characters.</summary>
    public static string Shortened(string text, int room) => text.Length > room ? text[..(room - 1)] + "…" : text;

    /// <summary>A dash where nothing could be measured.</summary>
    public static string Metric(double value) => double.IsNaN(value) ? "-" : $"{value:0.0000}";

    /// <summary>Empty where there is none.</summary>
    public static string Interval(double? low, double? high) => low is { } from && high is { } until ? $"{Metric(from)} to {Metric(until)}" : "";

    /// <param name="right">Columns of numbers, from zero.</param>
    public static void Write(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows, params int[] right)
    {
        if (Console.IsOutputRedirected)
        {
            var lines = rows.Prepend(headers).ToList();
            var widths = headers.Select((_, column) => lines.Max(line => line[column].Length)).ToList();
            foreach (var line in lines)
                Console.WriteLine(string.Join("  ", line.Select((cell, column) => right.Contains(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
            return;
        }
        var table = new Table().Border(TableBorder.Simple);
        for (var column = 0; column < headers.Count; column++)
        {
            var shown = new TableColumn(Markup.Escape(headers[column]));
            table.AddColumn(right.Contains(column) ? shown.RightAligned() : shown);
        }
        foreach (var row in rows) table.AddRow([.. row.Select(Markup.Escape)]);
        AnsiConsole.Write(table);
    }
}
