using System.CommandLine;
using BatchRec.Configuration;
using BatchRec.Jobs.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Npgsql;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec config show</c> and <c>batchrec config reference</c></summary>
internal static class ConfigCommand
{
    public static Command Build(Invocation invocation)
    {
        var show = new Command("show", "Every option with its value and where that comes from; secrets are masked. Example: batchrec config show");
        show.SetAction(_ =>
        {
            var setup = invocation.LoadSetup(withDatabases: false);
            var rows = Rows(setup).ToList();
            Grid.Write(["option", "value", "from"], rows);
            return ExitCode.Done;
        });
        var reference = new Command("reference", "Every option with its default, what it takes and what it means, in Markdown. Example: batchrec config reference > ops/docs/configuration.md");
        reference.SetAction(_ =>
        {
            Console.Write(ConfigurationReference.Text());
            return ExitCode.Done;
        });
        return new Command("config", "The options that count here.") { show, reference };
    }

    internal static IEnumerable<string[]> Rows(Setup setup)
    {
        foreach (var row in RowsOf(setup.Configuration, nameof(ConnectionStrings), Masked(setup.ConnectionStrings))) yield return row;
        foreach (var row in RowsOf(setup.Configuration, nameof(Setup.Hangfire), setup.Hangfire)) yield return row;
        foreach (var row in RowsOf(setup.Configuration, nameof(Setup.Dashboard), Masked(setup.Dashboard))) yield return row;
        foreach (var row in RowsOf(setup.Configuration, nameof(Setup.Alarms), Masked(setup.Alarms))) yield return row;
        foreach (var row in RowsOf(setup.Configuration, nameof(Setup.Log), setup.Log)) yield return row;
        foreach (var (pipeline, options) in setup.Pipelines)
        {
            var own = setup.Configuration.GetSection("Pipelines:" + pipeline).Exists() ? $"Pipelines:{pipeline}:" : "";
            foreach (var stage in OptionsBinder.OptionsOf(typeof(PipelineOptions)))
                foreach (var row in RowsOf(setup.Configuration, stage.Name, stage.GetValue(options)!, own)) yield return row;
        }
    }

    private static IEnumerable<string[]> RowsOf(IConfigurationRoot configuration, string section, object options, string pipeline = "")
    {
        foreach (var option in OptionsBinder.OptionsOf(options.GetType()))
        {
            var path = $"{section}:{option.Name}";
            var origin = OriginOf(configuration, pipeline + path) ?? OriginOf(configuration, path) ?? "default";
            yield return [pipeline + path, ConfigurationText.Of(option.GetValue(options)), origin];
        }
    }

    private static string? OriginOf(IConfigurationRoot configuration, string path) =>
        configuration.Providers.Reverse().FirstOrDefault(provider => provider.TryGet(path, out _) || provider.GetChildKeys([], path).Any()) switch
        {
            null => null,
            JsonConfigurationProvider json => json.Source.Path ?? "a JSON file",
            EnvironmentVariablesConfigurationProvider => "environment BATCHREC_" + path.Replace(":", "__"),
            _ when path.StartsWith(nameof(ConnectionStrings), StringComparison.Ordinal) => "environment " + path.Replace(":", "__"),
            _ => "command line",
        };

    /// <summary>Chat services' addresses are their passwords.</summary>
    private static AlarmOptions Masked(AlarmOptions alarms) =>
        alarms with { WebhookUrl = alarms.WebhookUrl.Length > 0 ? "***" : "", HeartbeatUrl = alarms.HeartbeatUrl.Length > 0 ? "***" : "" };

    private static DashboardOptions Masked(DashboardOptions dashboard) => dashboard with
    {
        Operators = dashboard.Operators.ToDictionary(user => user.Key, _ => "***"), Viewers = dashboard.Viewers.ToDictionary(user => user.Key, _ => "***"),
    };

    private static ConnectionStrings Masked(ConnectionStrings all) =>
        all with { Source = Masked(all.Source), Results = Masked(all.EffectiveResults), Hangfire = Masked(all.EffectiveHangfire) };

    private static string Masked(string connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        if (!string.IsNullOrEmpty(parts.Password)) parts.Password = "***";
        if (!string.IsNullOrEmpty(parts.SslPassword)) parts.SslPassword = "***";
        return parts.ConnectionString;
    }
}
