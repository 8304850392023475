using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using BatchRec.Configuration;
using BatchRec.Runs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace BatchRec.Jobs.Configuration;

/// <summary>
/// All options of this process, read and checked once at start. The sections on top are every pipeline's; <c>Pipelines:NAME:SECTION</c> overrides
/// them for one. Without a section <c>Pipelines</c> there is one pipeline, called <c>default</c>.
/// </summary>
public sealed class Setup
{
    public const string DefaultPipeline = "default";

    private const string PipelinesSection = "Pipelines";
    private static readonly string[] ForeignSections = [PipelinesSection, nameof(ConnectionStrings), nameof(Hangfire), nameof(Dashboard), nameof(Alarms), nameof(Log), "Logging"];

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly IConfigurationRoot _configuration;
    private readonly IReadOnlyDictionary<string, string?> _commandLine;

    private Setup(IConfigurationRoot configuration, IReadOnlyDictionary<string, string?> commandLine, bool withDatabases, List<string> faults)
    {
        (_configuration, _commandLine) = (configuration, commandLine);
        ConnectionStrings = Bound<ConnectionStrings>(faults);
        if (withDatabases && ConnectionStrings.Missing is { } missing) faults.Add(missing);
        Hangfire = Bound<HangfireOptions>(faults, nameof(Hangfire));
        Dashboard = Bound<DashboardOptions>(faults, nameof(Dashboard));
        faults.AddRange(PasswordFaults());
        Alarms = Bound<AlarmOptions>(faults, nameof(Alarms));
        Log = Bound<LogOptions>(faults, nameof(Log));
        Pipelines = NamesOf(configuration, faults).ToDictionary(name => name, name => Bind(name, [configuration], faults));
    }

    public IConfigurationRoot Configuration => _configuration;

    public ConnectionStrings ConnectionStrings { get; }

    public HangfireOptions Hangfire { get; }

    public DashboardOptions Dashboard { get; }

    public AlarmOptions Alarms { get; }

    public LogOptions Log { get; }

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, PipelineOptions> Pipelines { get; }

    /// <summary>What the command line set, and a child process has to be told.</summary>
    public IEnumerable<KeyValuePair<string, string?>> CommandLine => _commandLine;

    /// <param name="withDatabases">False: a verb that needs none doesn't miss their connection strings.</param>
    /// <exception cref="ConfigurationException">With every fault there is.</exception>
    public static Setup Load(IReadOnlyDictionary<string, string?> commandLine, bool withDatabases = true) => From(Settings.Load(commandLine), commandLine, withDatabases);

    /// <inheritdoc cref="Load"/>
    public static Setup From(IConfigurationRoot configuration, IReadOnlyDictionary<string, string?>? commandLine = null, bool withDatabases = true)
    {
        var faults = new List<string>();
        var setup = new Setup(configuration, commandLine ?? new Dictionary<string, string?>(), withDatabases, faults);
        return faults.Count == 0 ? setup : throw new ConfigurationException(faults);
    }

    /// <exception cref="ConfigurationException">There is no such pipeline.</exception>
    public PipelineOptions Of(string pipeline) => Pipelines.TryGetValue(pipeline, out var options)
        ? options
        : throw new ConfigurationException([$"There is no pipeline '{pipeline}'; the configuration has {string.Join(", ", Pipelines.Keys)}. Add Pipelines:{pipeline}, or name another one with --pipeline."]);

    /// <summary>
    /// The options that a run's steps go by: this process's, so that a mended setting counts at the next attempt, under what the command line
    /// that started the run set for it alone.
    /// </summary>
    public PipelineOptions Of(RunRow run)
    {
        var recorded = JsonNode.Parse(run.Options)?[Overrides]?.Deserialize<Dictionary<string, string?>>() ?? [];
        if (recorded.Count == 0) return Of(run.Pipeline);
        Of(run.Pipeline);
        var faults = new List<string>();
        var options = Bind(run.Pipeline, [_configuration, new ConfigurationBuilder().AddInMemoryCollection(recorded).Build()], faults);
        return faults.Count == 0 ? options : throw new ConfigurationException(faults);
    }

    /// <summary>What a run records of its options (JSON): all of them as they stand, and what the command line set for it alone. No connection strings.</summary>
    public string Recorded(string pipeline)
    {
        var recorded = Recorded(Of(pipeline));
        var overrides = _commandLine.Where(setting => OptionsBinder.OptionsOf(typeof(PipelineOptions)).Any(stage =>
                setting.Key.StartsWith(stage.Name + ":", StringComparison.OrdinalIgnoreCase)) || setting.Key.StartsWith(PipelinesSection + ":", StringComparison.OrdinalIgnoreCase))
            .ToDictionary();
        if (overrides.Count > 0) recorded[Overrides] = JsonSerializer.SerializeToNode(overrides);
        return recorded.ToJsonString();
    }

    /// <summary>Options as a run records them.</summary>
    internal static JsonObject Recorded(PipelineOptions options) => JsonSerializer.SerializeToNode(options, Json)!.AsObject();

    private const string Overrides = "overrides";

    /// <summary>Files are copied and committed, and everyone can read a command line.</summary>
    private IEnumerable<string> PasswordFaults() =>
        from section in (string[])[nameof(DashboardOptions.Operators), nameof(DashboardOptions.Viewers)]
        let path = $"{nameof(Dashboard)}:{section}"
        from place in _configuration.Providers.OfType<JsonConfigurationProvider>().Where(file => file.GetChildKeys([], path).Any()).Select(file => file.Source.Path ?? "a JSON file")
            .Concat(_commandLine.Keys.Any(key => key.StartsWith(path + ":", StringComparison.OrdinalIgnoreCase)) ? ["the command line"] : [])
        select $"{path} stands in {place}; passwords come from the environment alone: BATCHREC_Dashboard__{section}__NAME.";

    private T Bound<T>(List<string> faults, string? section = null) where T : class, IStageOptions
    {
        var options = OptionsBinder.Bind<T>([_configuration.GetSection(section ?? typeof(T).Name)], faults);
        faults.AddRange(options.Faults());
        return options;
    }

    private static PipelineOptions Bind(string name, IConfigurationRoot[] configurations, List<string> faults)
    {
        var layers = new List<IConfiguration>();
        foreach (var configuration in configurations)
        {
            var stages = new ConfigurationBuilder().AddInMemoryCollection(configuration.AsEnumerable().Where(setting => !IsForeign(setting.Key, setting.Value))).Build();
            layers.Add(stages);
        }
        // A pipeline's own sections count more than the common ones, wherever these come from.
        layers.AddRange(configurations.Select(configuration => configuration.GetSection(PipelinesSection + ":" + name)));
        var options = OptionsBinder.Bind<PipelineOptions>(layers, faults);
        var prefix = configurations[0].GetSection(PipelinesSection).Exists() ? $"Pipeline {name}: " : "";
        faults.AddRange(options.Faults().Select(fault => prefix + fault));
        return options;
    }

    private static bool IsForeign(string key, string? value)
    {
        var section = key.Split(':')[0];
        // A lone value on top is some other program's environment variable that happens to begin with our prefix.
        return ForeignSections.Contains(section, StringComparer.OrdinalIgnoreCase) || (section.Length == key.Length && value is not null);
    }

    private static List<string> NamesOf(IConfigurationRoot configuration, List<string> faults)
    {
        var names = configuration.GetSection(PipelinesSection).GetChildren().Select(section => section.Key).ToList();
        foreach (var name in names.Where(name => !IsName(name)))
            faults.Add($"Pipelines:{name} is not a name for a pipeline; use at most 40 lower-case letters, digits, dashes and underscores, and begin with a letter.");
        names.RemoveAll(name => !IsName(name));
        return names.Count > 0 ? names : [DefaultPipeline];
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 40 && char.IsAsciiLetterLower(name[0]) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');
}
