using BatchRec.Jobs.Cli;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace BatchRec.Tests.Jobs;

public sealed class ConfigurationTests
{
    private const string Source = "Host=localhost;Database=shop;Username=reader;Password=hush";

    private sealed record Nested
    {
        public double Share { get; init; } = 0.5;
    }

    private enum Colour { Red, Green }

    private sealed record Stage
    {
        public int Count { get; init; } = 3;
        public bool Flag { get; init; }
        public Colour Colour { get; init; } = Colour.Green;
        public int? Limit { get; init; } = 9;
        public TimeSpan Span { get; init; } = TimeSpan.FromHours(1);
        public IReadOnlyList<string> Names { get; init; } = ["a", "b"];
        public IReadOnlyDictionary<string, double> Weights { get; init; } = new Dictionary<string, double> { ["view"] = 1 };
        public Nested Nested { get; init; } = new();
        public int Derived => Count + 1;
    }

    private static IConfigurationRoot Configuration(params (string Key, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => setting.Value)).Build();

    private static (Stage Stage, List<string> Faults) Bind(params (string, string?)[] settings)
    {
        var faults = new List<string>();
        return (OptionsBinder.Bind<Stage>([Configuration(settings)], faults), faults);
    }

    private static IReadOnlyList<string> FaultsOf(params (string, string?)[] settings) =>
        Assert.Throws<ConfigurationException>(() => Setup.From(Configuration([("ConnectionStrings:Source", Source), .. settings]))).Faults;

    [Fact]
    public void What_is_not_set_keeps_its_default()
    {
        var (stage, faults) = Bind();
        Assert.Equal((3, false, Colour.Green, 9, 0.5), (stage.Count, stage.Flag, stage.Colour, stage.Limit, stage.Nested.Share));
        Assert.Equal(["a", "b"], stage.Names);
        Assert.Empty(faults);
    }

    [Fact]
    public void Every_kind_of_value_is_read()
    {
        var (stage, faults) = Bind(
            ("Count", "5"), ("flag", "True"), ("Colour", "red"), ("Limit", ""), ("Span", "00:30:00"), ("Names:0", "c"), ("Weights:cart", "2.5"), ("Nested:Share", "0.25"));
        Assert.Empty(faults);
        Assert.Equal((5, true, Colour.Red, null, TimeSpan.FromMinutes(30), 0.25), (stage.Count, stage.Flag, stage.Colour, stage.Limit, stage.Span, stage.Nested.Share));
        Assert.Equal(["c"], stage.Names);
        Assert.Equal([KeyValuePair.Create("cart", 2.5)], stage.Weights);
    }

    [Fact]
    public void A_list_may_be_one_text_joined_by_commas() => Assert.Equal(["view", "cart"], Bind(("Names", "view, cart")).Stage.Names);

    [Fact]
    public void The_last_layer_that_says_something_counts()
    {
        var stage = OptionsBinder.Bind<Stage>([Configuration(("Count", "5"), ("Nested:Share", "0.1")), Configuration(("Count", "6"))], []);
        Assert.Equal((6, 0.1), (stage.Count, stage.Nested.Share));
    }

    [Fact]
    public void Values_that_cannot_be_read_are_all_told_with_what_to_write()
    {
        var (_, faults) = Bind(("Count", "many"), ("Flag", "perhaps"), ("Colour", "7"), ("Nested:Share", "half"), ("Span:Hours", "1"), ("Weights:cart", "x"));
        Assert.Equal(
        [
            "Count is 'many'; write a whole number.", "Flag is 'perhaps'; write true or false.", "Colour is '7'; write red or green.",
            "Span is a section; write a duration such as 01:30:00.", "Weights:cart is 'x'; write a number such as 0.25.", "Nested:Share is 'half'; write a number such as 0.25.",
        ], faults);
    }

    [Fact]
    public void A_key_that_no_option_has_is_a_fault_with_the_nearest_name()
    {
        var (_, faults) = Bind(("Cuont", "5"), ("Nested:Sharee", "1"), ("Zebra", "1"), ("Derived", "1"));
        Assert.Equal(
        [
            "Cuont is not an option; did you mean Count?", "Derived is not an option; remove it (`batchrec config show` lists all).",
            "Zebra is not an option; remove it (`batchrec config show` lists all).", "Nested:Sharee is not an option; did you mean Nested:Share?",
        ], faults);
    }

    [Fact]
    public void All_faults_of_all_sections_come_at_once()
    {
        var faults = FaultsOf(
            ("ConnectionStrings:Results", "Hst=x"), ("Hangfire:Workers", "-1"), ("Dashboard:Url", "localhost"), ("Schedule:Cron", "daily"), ("Trian:MaxEpochs", "3"),
            ("Train:Device", "tpu"), ("Hangfire:Retries", "few"));
        Assert.Contains(faults, fault => fault.StartsWith("ConnectionStrings:Results is not a connection string"));
        Assert.Contains("Hangfire:Workers is -1; use 0 (one a pipeline and one more) to 64.", faults);
        Assert.Contains("Hangfire:Retries is 'few'; write a whole number.", faults);
        Assert.Contains("Dashboard:Url is 'localhost'; write an address without a path, such as http://127.0.0.1:5080.", faults);
        Assert.Contains(faults, fault => fault.StartsWith("Schedule:Cron is 'daily'"));
        Assert.Contains("Trian is not an option; did you mean Train?", faults);
        Assert.Contains(faults, fault => fault.Contains("Train:Device"));
        Assert.Equal(7, faults.Count);
    }

    [Fact]
    public void Without_a_connection_string_there_is_one_line_that_says_what_to_write()
    {
        var fault = Assert.Single(Assert.Throws<ConfigurationException>(() => Setup.From(Configuration())).Faults);
        Assert.StartsWith("ConnectionStrings:Source is missing; write one such as 'Host=", fault);
    }

    [Fact]
    public void The_other_two_databases_are_the_source_s_by_default()
    {
        var setup = Setup.From(Configuration(("ConnectionStrings:Source", Source), ("ConnectionStrings:Hangfire", "Host=elsewhere")));
        Assert.Equal((Source, "Host=elsewhere"), (setup.ConnectionStrings.EffectiveResults, setup.ConnectionStrings.EffectiveHangfire));
    }

    [Fact]
    public void A_pipeline_overrides_what_all_have()
    {
        var setup = Setup.From(Configuration(
            ("ConnectionStrings:Source", Source), ("Recommend:TopN", "50"), ("Recommend:Shards", "3"), ("Pipelines:de:Recommend:TopN", "20"), ("Pipelines:fr:Schedule:Cron", "0 5 * * *")));
        Assert.Equal(["de", "fr"], setup.Pipelines.Keys.Order());
        Assert.Equal((20, 3), (setup.Of("de").Recommend.TopN, setup.Of("de").Recommend.Shards));
        Assert.Equal((50, "0 5 * * *"), (setup.Of("fr").Recommend.TopN, setup.Of("fr").Schedule.Cron));
        Assert.Throws<ConfigurationException>(() => setup.Of("default"));
        Assert.Equal("de", Invocation.PipelineOf(setup, "de"));
        Assert.Contains("--pipeline de|fr", Assert.Throws<ConfigurationException>(() => Invocation.PipelineOf(setup, null)).Message);
    }

    [Fact]
    public void A_pipeline_s_fault_names_the_pipeline_and_its_key()
    {
        Assert.Contains("Pipelines:de:Recommend:TopM is not an option; did you mean Pipelines:de:Recommend:TopN?", FaultsOf(("Pipelines:de:Recommend:TopM", "1")));
        Assert.Contains(FaultsOf(("Pipelines:de:Schedule:Cron", "daily")), fault => fault.StartsWith("Pipeline de: Schedule:Cron is 'daily'"));
        Assert.Contains(FaultsOf(("Pipelines:De luxe:Recommend:TopN", "1")), fault => fault.StartsWith("Pipelines:De luxe is not a name"));
    }

    [Fact]
    public void Another_program_s_lone_variable_with_our_prefix_is_no_fault() =>
        Assert.Single(Setup.From(Configuration(("ConnectionStrings:Source", Source), ("DATA", "/somewhere"))).Pipelines);

    [Fact]
    public void Settings_are_taken_out_of_the_command_line()
    {
        var (verb, settings) = Settings.Split(["run", "--Train:MaxEpochs=3", "--full", "--Recommend:TopN", "20", "--ConnectionStrings:Source=Host=a;Port=1"]);
        Assert.Equal(["run", "--full"], verb);
        Assert.Equal(("3", "20", "Host=a;Port=1"), (settings["Train:MaxEpochs"], settings["recommend:topn"], settings["ConnectionStrings:Source"]));
        Assert.Contains("--Train:MaxEpochs has no value", Assert.Throws<ConfigurationException>(() => Settings.Split(["run", "--Train:MaxEpochs"])).Message);
    }

    [Theory]
    [InlineData("scheduler,cpu", Roles.Scheduler | Roles.Cpu)]
    [InlineData("GPU", Roles.Gpu)]
    [InlineData(" dashboard , gpu", Roles.Dashboard | Roles.Gpu)]
    public void Roles_are_read_from_text(string text, Roles roles) => Assert.Equal(roles, RolesText.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("cpu,tpu")]
    [InlineData("none")]
    [InlineData("3")]
    public void Other_roles_are_refused_with_those_that_there_are(string text) =>
        Assert.Contains("write scheduler, cpu, gpu, dashboard", Assert.Throws<ConfigurationException>(() => RolesText.Parse(text)).Message);

    [Fact]
    public void Shown_options_have_values_origins_and_no_password()
    {
        var rows = ConfigCommand.Rows(Setup.From(Configuration(("ConnectionStrings:Source", Source), ("Recommend:TopN", "20")))).ToList();
        Assert.Contains(rows, row => row is ["ConnectionStrings:Source", var text, _] && text.Contains("Password=***"));
        Assert.DoesNotContain(rows, row => row[1].Contains("hush"));
        Assert.Contains(rows, row => row is ["Recommend:TopN", "20", not "default"]);
        Assert.Contains(rows, row => row is ["Hangfire:RetryDelaysSeconds", "[30, 300]", "default"]);
    }

    [Fact]
    public void The_appsettings_of_the_repository_have_no_fault()
    {
        var configuration = new ConfigurationBuilder().AddJsonFile(Path.Combine(Checkout.Folder, "appsettings.json"))
            .AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:Source"] = Source }).Build();
        Assert.Equal(["default"], Setup.From(configuration).Pipelines.Keys);
    }
}
