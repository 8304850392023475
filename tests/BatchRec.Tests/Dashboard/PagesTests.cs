using System.Net;
using System.Text.RegularExpressions;
using BatchRec.Publish;
using BatchRec.Runs;
using BatchRec.Tests.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace BatchRec.Tests.Dashboard;

/// <summary>The dashboard's pages in a real browser, over real nights.</summary>
[Collection(PostgresTests.Name)]
public sealed class PagesTests(ServedShop shop, Browser browser) : IClassFixture<ServedShop>, IClassFixture<Browser>
{
    private static readonly HttpClient Http = new(new HttpClientHandler { AllowAutoRedirect = false });

    private Task<Window> OpenAsync(ColorScheme scheme = ColorScheme.Light, int width = 1280) => browser.OpenAsync(shop.Url, scheme, width);

    private async Task<(string Older, string Newer)> RunsAsync()
    {
        var kept = await KeptPublication.ListAsync(shop.Data, "default", default);
        return (kept[1].RunId.Value, kept[0].RunId.Value);
    }

    [SkippableTheory]
    [InlineData("light", ColorScheme.Light, 1280)]
    [InlineData("dark", ColorScheme.Dark, 1280)]
    [InlineData("tablet", ColorScheme.Light, 800)]
    [InlineData("phone", ColorScheme.Light, 360)]
    public async Task Every_page_is_drawn_without_an_error_and_fits(string name, ColorScheme scheme, int width)
    {
        Browser.Require();
        await using var window = await OpenAsync(scheme, width);
        var (older, newer) = await RunsAsync();
        (string Page, string Path, string Shows)[] pages =
        [
            ("overview", "", "#wrap"), ("night", $"/night?run={newer}", ".br-steps .br-step"), ("runs", "/runs", ".br-chart svg"), ("diff", $"/runs/diff?a={older}&b={newer}", ".br-list li"),
            ("live", "/live", ".br-tiles dd"), ("quality", $"/quality?run={newer}", ".br-chart .br-line"), ("user", "/look-up?user=7", ".br-reason"), ("item", "/look-up?item=3", ".br-list li"),
        ];
        foreach (var (page, path, shows) in pages)
        {
            var answer = (await window.Page.GotoAsync("/hangfire" + path))!;
            Assert.Equal(200, answer.Status);
            Assert.True(await window.Page.Locator(shows).CountAsync() > 0, $"{page} shows no {shows}");
            await window.PictureAsync($"{page}-{name}");
            Assert.True(await window.OverflowAsync() <= 0, $"{page} sticks out at {width} pixels");
        }
        Assert.Empty(window.Errors);
        await window.Page.GotoAsync("/hangfire/live");
        var paper = await window.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Assert.Equal(scheme == ColorScheme.Dark, Brightness(paper) < 100);
        Assert.Equal(scheme == ColorScheme.Dark, Brightness(await window.Page.EvaluateAsync<string>("getComputedStyle(document.querySelector('.br-card')).backgroundColor")) < 100);
    }

    [SkippableFact]
    public async Task What_is_drawn_has_words_and_what_is_pressed_has_a_name()
    {
        Browser.Require();
        await using var window = await OpenAsync();
        foreach (var path in (string[])["/night", "/runs", "/live", "/quality", "/look-up"])
        {
            await window.Page.GotoAsync("/hangfire" + path);
            Assert.Equal(1, await window.Page.Locator("h1").CountAsync());
            Assert.Equal(0, await window.Page.Locator(".br-page svg:not([role=img][aria-label]):not([aria-hidden=true])").CountAsync());
            Assert.Equal(0, await window.Page.EvaluateAsync<int>(
                "[...document.querySelectorAll('.br-page button, .br-page a, .br-page summary')].filter(e => !e.textContent.trim() && !e.getAttribute('aria-label')).length"));
            Assert.Equal(0, await window.Page.EvaluateAsync<int>("[...document.querySelectorAll('.br-page input:not([type=hidden])')].filter(e => !e.labels.length && !e.getAttribute('aria-label')).length"));
        }
    }

    [SkippableFact]
    public async Task The_running_night_moves_and_a_failed_step_is_retried_from_the_page()
    {
        Browser.Require();
        var run = (await TestJobs.StartAsync(shop.Services)).RunId;
        await using var window = await OpenAsync();
        await window.Page.GotoAsync("/hangfire/night");
        var bar = window.Page.Locator("#step-train [role=progressbar]");

        shop.Tell("25");
        await Expect(bar).ToHaveAttributeAsync("aria-valuenow", "25");
        await Expect(window.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("train");
        shop.Tell("60");
        await Expect(bar).ToHaveAttributeAsync("aria-valuenow", "60");
        await Expect(window.Page.Locator("#step-train")).ToContainTextAsync("at 60 of 100");
        await window.PictureAsync("night-running");

        shop.Tell("fail");
        await Expect(window.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("failed", new() { Timeout = 15_000 });
        await Expect(window.Page.Locator(".br-why")).ToContainTextAsync("The disk is full");
        await window.PictureAsync("night-failed");

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Retry from train" }).ClickAsync();
        await window.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Retry from train" }).ClickAsync();
        await Expect(window.Page.Locator("#br-said")).ToContainTextAsync("goes on from train");
        shop.Tell("go");
        await Expect(window.Page.GetByRole(AriaRole.Status).Last).ToContainTextAsync("published", new() { Timeout = 15_000 });
        Assert.Equal(RunState.Published, (await TestJobs.EndAsync(shop.Services, run)).State);
        Assert.Empty(window.Errors);
    }

    [SkippableFact]
    public async Task A_running_night_is_cancelled_from_the_page_with_the_keyboard_alone()
    {
        Browser.Require();
        var run = (await TestJobs.StartAsync(shop.Services)).RunId;
        await using var window = await OpenAsync(width: 360);
        await window.Page.GotoAsync("/hangfire/night");
        shop.Tell("10");
        await Expect(window.Page.Locator("#step-train [role=progressbar]")).ToHaveAttributeAsync("aria-valuenow", "10");
        var button = window.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the run" });

        await button.FocusAsync();
        await window.Page.Keyboard.PressAsync("Enter");
        await Expect(window.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await window.Page.Keyboard.PressAsync("Escape");
        await Expect(window.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        Assert.True((await shop.Services.GetRequiredService<RunTable>().GetAsync(run, default))!.IsActive);

        await button.FocusAsync();
        await window.Page.Keyboard.PressAsync("Enter");
        await window.Page.Keyboard.PressAsync("Tab");
        await window.Page.Keyboard.PressAsync("Enter");
        await Expect(window.Page.Locator("#br-said")).ToContainTextAsync("is cancelled");
        Assert.Equal(RunState.Cancelled, (await TestJobs.EndAsync(shop.Services, run)).State);
        Assert.Empty(window.Errors);
    }

    [SkippableFact]
    public async Task A_rollback_asks_works_and_holds_until_it_is_released()
    {
        Browser.Require();
        var (older, newer) = await RunsAsync();
        await using var window = await OpenAsync();
        await window.Page.GotoAsync("/hangfire/live");

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Roll back" }).ClickAsync();
        var dialog = window.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync(older);
        await window.PictureAsync("live-rollback-asks");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "No" }).ClickAsync();
        Assert.Equal(newer, (await LiveAsync()).Value);

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Roll back" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Roll back" }).ClickAsync();
        await Expect(window.Page.Locator("#br-said")).ToContainTextAsync($"Run {older} is live again");
        await Expect(window.Page.Locator(".br-headline")).ToContainTextAsync("Publishing is held");
        Assert.Equal(older, (await LiveAsync()).Value);
        Assert.NotNull(await new PublishingHold(shop.Data, TimeProvider.System).FindAsync("default", default));
        await window.PictureAsync("live-held");

        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Release" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Release" }).ClickAsync();
        await Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Hold publishing" })).ToBeVisibleAsync();
        Assert.Null(await new PublishingHold(shop.Data, TimeProvider.System).FindAsync("default", default));
        Assert.Empty(window.Errors);

        await new Rollback(shop.Data, TimeProvider.System).RunAsync("default", RunId.Parse(newer), default);
        await new PublishingHold(shop.Data, TimeProvider.System).ReleaseAsync("default", default);
    }

    [Fact]
    public async Task The_newest_tuning_stands_on_the_page_Quality_its_best_trials_and_the_configured_options()
    {
        var page = await Http.GetStringAsync(shop.Url + "/hangfire/quality");
        Assert.Contains("Trial 12 is the best: NDCG@10 0.1440 on validation; the configured options (trial 1) 0.0120", page);
        Assert.Equal(11, Regex.Count(page, @"<td class=""br-number"">2 of 6</td>"));
        Assert.Contains("1 (configured)", page);
        Assert.Contains("Dropout 0.12, LearningRate 0.002", page);
    }

    [Theory]
    [InlineData("/night/start")]
    [InlineData("/live/hold")]
    [InlineData("/live/rollback")]
    public async Task An_action_without_a_token_or_from_elsewhere_does_nothing(string path)
    {
        Assert.Equal(HttpStatusCode.Forbidden, (await Http.PostAsync(shop.Url + "/hangfire" + path, null)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await Http.GetAsync(shop.Url + "/hangfire" + path)).StatusCode);
        var proxied = new HttpRequestMessage(HttpMethod.Post, shop.Url + "/hangfire" + path);
        proxied.Headers.Add("X-Forwarded-For", "203.0.113.7");
        Assert.Equal(HttpStatusCode.Unauthorized, (await Http.SendAsync(proxied)).StatusCode);
        Assert.Null(await new PublishingHold(shop.Data, TimeProvider.System).FindAsync("default", default));
    }

    [Theory]
    [InlineData("/look-up?user=%3Cscript%3E", "can&#39;t be a user")]
    [InlineData("/night?run=yesterday", "is not a run id")]
    [InlineData("/runs/diff?a=20200101_000000_0000&b=20200101_000000_0000", "There is no run")]
    [InlineData("/live?pipeline=nowhere", "There is no pipeline")]
    public async Task What_cannot_be_shown_says_why(string path, string why)
    {
        var page = await (await Http.GetAsync(shop.Url + "/hangfire" + path)).Content.ReadAsStringAsync();
        Assert.Contains(why, page);
        Assert.DoesNotContain("<script>,", page);
        Assert.DoesNotContain("'<script>'", page);
    }

    private async Task<RunId> LiveAsync() => (await LivePublication.ReadAsync(shop.Data, "default", TimeProvider.System, default))!.RunId;

    private static double Brightness(string colour) => Regex.Matches(colour, @"\d+").Take(3).Average(part => double.Parse(part.Value));
}
