using System.Diagnostics;
using BatchRec.Extract;
using BatchRec.Import;
using BatchRec.Jobs.Configuration;
using Spectre.Console;

namespace BatchRec.Jobs.Cli;

/// <summary>A shop's tables being loaded, on the screen: a running count on a terminal, then what they hold and what to do next.</summary>
internal static class ShopScreen
{
    /// <param name="total">Rows there will be; null: nobody knows.</param>
    public static Task<T> LoadAsync<T>(Func<IProgress<long>?, Task<T>> load, long? total = null) =>
        Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive
            ? load(null)
            // On another thread, since reading and copying rows doesn't wait for anything that the drawing could use.
            : AnsiConsole.Status().StartAsync("Loading …", context => Task.Run(() => load(new Counter(context, total))));

    public static void Tell(ShopSummary shop, TimeSpan duration, Setup setup)
    {
        Console.WriteLine(
            $"{shop.Rows:N0} rows by {shop.Users:N0} users on {shop.Items:N0} items, {shop.First:yyyy-MM-dd HH:mm:ss}Z to {shop.Last:yyyy-MM-dd HH:mm:ss}Z, in {duration.TotalSeconds:0.0} s.");
        // Where `init` has put a shop's own queries, a night goes on reading that shop.
        if (!setup.Pipelines.Any(pipeline => Mentions(pipeline.Value.Source, pipeline.Key)))
        {
            Console.Error.WriteLine($"Warning: no pipeline's interactions.sql names {ShopImport.Interactions}. Unless one reads it by way of a view, no night sees these rows. The queries that do are those that BatchRec comes with: put its sql/source into a folder beside yours and name that: --Source:SqlFolder=FOLDER");
            return;
        }
        // A night reads what happened before its instant, and the last row is to be read too.
        Console.WriteLine($"Next: batchrec run --as-of {shop.Last.AddSeconds(1):yyyy-MM-ddTHH:mm:ssZ}");
    }

    private static bool Mentions(SourceOptions options, string pipeline)
    {
        try
        {
            return SourceQueries.Read(options, pipeline).Interactions.Mentions(ShopImport.Interactions);
        }
        catch (BatchRecException)
        {
            // The rows are there; `doctor` and the next night say what is wrong with the query.
            return false;
        }
    }

    private sealed class Counter(StatusContext context, long? total) : IProgress<long>
    {
        private readonly long _started = Stopwatch.GetTimestamp();

        public void Report(long rows)
        {
            var rate = rows / Math.Max(1e-3, Stopwatch.GetElapsedTime(_started).TotalSeconds);
            var left = total is { } all && rows > 0 ? $" of {all:N0}, {Dashboard.Show.Duration(TimeSpan.FromSeconds(Math.Max(0, all - rows) / rate))} left" : "";
            context.Status($"Loading … {rows:N0} rows{left}, {rate:N0} rows/s");
        }
    }
}
