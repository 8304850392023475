using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using BatchRec.Jobs.Cli;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Reports;
using BatchRec.Publish;
using BatchRec.Recommend;
using BatchRec.Runs;
using BatchRec.Tests.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;

namespace BatchRec.Tests.Dashboard;

/// <summary>The report of a real night, read as a file and looked at in a real browser.</summary>
[Collection(PostgresTests.Name)]
public sealed class ReportTests(ServedShop shop, Browser browser) : IClassFixture<ServedShop>, IClassFixture<Browser>
{
    private RunTable Runs => shop.Services.GetRequiredService<RunTable>();

    private RunReport Report => new(shop.Services.GetRequiredService<Setup>(), shop.Data, Runs, TimeProvider.System);

    private async Task<RunRow> NightAsync() => (await Runs.GetAsync((await KeptPublication.ListAsync(shop.Data, "default", default))[0].RunId, default))!;

    private async Task<(RunRow Run, string Path)> WriteAsync()
    {
        var run = await NightAsync();
        return (run, await Report.WriteAsync(run, Path.Combine(Path.GetTempPath(), $"batchrec-report-{Guid.NewGuid():N}.html"), default));
    }

    private static XElement Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }

    [Fact]
    public async Task The_file_holds_the_figures_of_the_run()
    {
        var (run, path) = await WriteAsync();
        var page = Parse(await File.ReadAllTextAsync(path));
        File.Delete(path);
        var rows = (await Runs.EvaluationAsync(run.RunId, default)).Where(row => row.Segment == "all" && EvaluateCommand.Shown.Contains(row.Metric)).ToList();
        Assert.NotEmpty(rows);
        foreach (var protocol in rows.GroupBy(row => (row.Protocol, row.Repeats)))
        {
            var section = page.Descendants("section").Single(one => one.Element("h2")?.Value.StartsWith($"{protocol.Key.Protocol}, repeats {protocol.Key.Repeats} ", StringComparison.Ordinal) == true);
            var head = section.Descendants("thead").Descendants("th").Select(cell => cell.Value).ToList();
            foreach (var row in protocol)
            {
                var cells = section.Descendants("tbody").Elements("tr").Single(line => line.Elements().First().Value == row.Model).Elements().Select(cell => cell.Value).ToList();
                Assert.Equal(double.IsFinite(row.Value) ? row.Value.ToString("0.0000", CultureInfo.InvariantCulture) : "–", cells[head.IndexOf(row.Metric)]);
                if (row is { Metric: "NDCG@10", Low: { } low, High: { } high }) Assert.Equal($"{low:0.0000} to {high:0.0000}", cells[^1]);
            }
        }
        var reasons = BatchRec.Gate.Verdict.FromRun(run.Verdict)!.Reasons;
        Assert.All(reasons, reason => Assert.Contains(reason, page.Value));
        var steps = (await Runs.StepsAsync(run.RunId, default)).Select(step => step.Step.ToString().ToLowerInvariant());
        Assert.Equal(steps, Section(page, "steps").Descendants("tbody").Elements("tr").Select(line => line.Elements().First().Value));
    }

    [Fact]
    public async Task A_row_of_cells_shows_where_the_model_looks_and_lists_say_what_speaks_for_their_items()
    {
        var (run, path) = await WriteAsync();
        var page = Parse(await File.ReadAllTextAsync(path));
        File.Delete(path);
        var store = new ArtefactStore(shop.Services.GetRequiredService<Setup>().Of(run).Artefacts.Folder, run.Pipeline, TimeProvider.System);
        var topN = store.Find(run.RunId, Artefact.TopN)!;
        var sample = AttentionSample.Read(topN)!;
        Assert.Equal(12, sample.Users.Count);
        var lines = Section(page, "attention").Descendants("li").ToList();
        var titles = (await ItemsAsync()).ToDictionary(item => item.Id, item => item.Title);
        foreach (var (user, line) in sample.Users.Zip(lines))
        {
            Assert.InRange(user.Events.Sum(one => one.Weight), 0.01f, 1.001f);
            Assert.Equal(user.Events.Select(one => $"{titles[one.ItemId]}, {one.EventType} {one.Time:yyyy-MM-dd}: {one.Weight:P1}"), line.Descendants("title").Select(title => title.Value));
        }
        foreach (var (user, line) in sample.Users.Zip(Section(page, "lists").Descendants("tbody").Elements("tr")))
        {
            var published = await PublishedLists.ForAsync(shop.Data, "default", user.UserId, user.Items.Count, default);
            Assert.Equal(published.Items.Select(item => item.Title + (item.Because.Length == 0 ? "" : $" because of {string.Join(" and ", item.Because.Select(id => titles[id]))}")), line.Descendants("li").Select(item => item.Value));
        }
    }

    [Fact]
    public async Task Nothing_outside_the_file_is_referred_to()
    {
        var (_, path) = await WriteAsync();
        var html = await File.ReadAllTextAsync(path);
        File.Delete(path);
        var page = Parse(html);
        Assert.DoesNotContain(page.Descendants(), one => one.Name.LocalName is "script" or "img" or "iframe" or "object");
        Assert.DoesNotContain(page.Descendants().Attributes(), one => one.Name.LocalName == "src" || (one.Name.LocalName == "href" && one.Value != "data:,") || one.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.DoesNotMatch(new Regex(@"@import|url\(|https?://", RegexOptions.IgnoreCase), html);
    }

    [SkippableTheory]
    [InlineData("light", ColorScheme.Light, 1280)]
    [InlineData("phone", ColorScheme.Dark, 360)]
    public async Task The_file_opens_in_a_browser_without_an_error_or_a_request_and_fits(string name, ColorScheme scheme, int width)
    {
        Browser.Require();
        var (_, path) = await WriteAsync();
        await using var window = await browser.OpenAsync(shop.Url, scheme, width);
        var requests = new List<string>();
        window.Page.Request += (_, request) => requests.Add(request.Url);
        await window.Page.GotoAsync(new Uri(path).AbsoluteUri);
        Assert.True(await window.Page.Locator(".br-chart svg").CountAsync() > 3);
        await window.PictureAsync($"report-{name}");
        Assert.True(await window.OverflowAsync() <= 0, $"The report sticks out at {width} pixels");
        Assert.Equal(0, await window.Page.Locator("svg:not([role=img][aria-label]):not([aria-hidden=true])").CountAsync());
        Assert.Single(requests);
        Assert.Empty(window.Errors);
        File.Delete(path);
    }

    [SkippableFact]
    public async Task The_page_Quality_leads_to_it()
    {
        Browser.Require();
        await using var window = await browser.OpenAsync(shop.Url);
        await window.Page.GotoAsync($"/hangfire/quality?run={(await NightAsync()).RunId}");
        await window.Page.GetByRole(AriaRole.Link, new() { Name = "report as one file" }).ClickAsync();
        await Assertions.Expect(window.Page.Locator("h1")).ToContainTextAsync($"Run {(await NightAsync()).RunId} of pipeline default");
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task A_night_leaves_one_beside_its_artefacts()
    {
        var id = (await TestJobs.StartAsync(shop.Services)).RunId;
        shop.Tell("go");
        var run = await TestJobs.EndAsync(shop.Services, id);
        var path = Report.PathOf(run);
        for (var waited = 0; !File.Exists(path) && waited < 300; waited++) await Task.Delay(100);
        var page = Parse(await File.ReadAllTextAsync(path));
        Assert.Contains(id.Value, page.Value);
        Assert.Contains(shop.Services.GetRequiredService<Setup>().Of(run).Artefacts.Folder, Section(page, "options").Value);
    }

    private static XElement Section(XElement page, string id) => page.Descendants("section").Single(one => one.Attribute("id")?.Value == id);

    private async Task<List<(string Id, string Title)>> ItemsAsync()
    {
        await using var command = shop.Data.CreateCommand("SELECT item_id::text, title FROM batchrec.items");
        await using var reader = await command.ExecuteReaderAsync();
        var items = new List<(string, string)>();
        while (await reader.ReadAsync()) items.Add((reader.GetString(0), reader.GetString(1)));
        return items;
    }
}
