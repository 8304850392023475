using System.Net;
using System.Text.RegularExpressions;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Dashboard.Access;
using BatchRec.Jobs.Hosting;
using BatchRec.Publish;
using BatchRec.Tests.Jobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Playwright;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Dashboard;

/// <summary>A dashboard with users, as a browser meets it: directly and through a reverse proxy.</summary>
[Collection(PostgresTests.Name)]
public sealed class DashboardAccessTests(PostgresCluster cluster, Browser browser) : IAsyncLifetime, IClassFixture<Browser>
{
    private const string Anna = "correct horse battery", Ben = "staple staple staple", Hold = "/hangfire/live/hold";

    private static readonly string AnnaHash = Passwords.Hash(Anna), BenHash = Passwords.Hash(Ben);

    private TestJobs _jobs = null!;
    private NpgsqlDataSource _data = null!;

    public async Task InitializeAsync()
    {
        _jobs = await TestJobs.CreateAsync(cluster);
        _data = NpgsqlDataSource.Create(_jobs.Database);
    }

    public async Task DisposeAsync()
    {
        await _data.DisposeAsync();
        await _jobs.DisposeAsync();
    }

    /// <summary>Anna operates, Ben looks.</summary>
    private async Task<string> ServeAsync(params (string, string)[] more)
    {
        var url = $"http://127.0.0.1:{Ports.Free()}";
        // A server of another test has the same keys: what differs is what it is configured with.
        await _jobs.ServeAsync(FakeNight.Of(), Roles.Dashboard, [("Dashboard:Url", url), ("Dashboard:Viewers:ben", BenHash), .. more]);
        return url;
    }

    private Task<string> ServeBothAsync(params (string, string)[] more) => ServeAsync([("Dashboard:Operators:anna", AnnaHash), .. more]);

    private static Client Browse(string url, params (string Name, string Value)[] headers) => new(url, headers);

    private Task<Hold?> HeldAsync() => new PublishingHold(_data, TimeProvider.System).FindAsync("default", default);

    [Fact]
    public async Task A_stranger_is_led_to_the_sign_in_page_and_can_press_nothing()
    {
        using var stranger = Browse(await ServeBothAsync());
        var answer = await stranger.GetAsync("/hangfire/live?pipeline=default");
        Assert.Equal((HttpStatusCode.Redirect, "/sign-in?return=%2Fhangfire%2Flive%3Fpipeline%3Ddefault"), (answer.StatusCode, $"{answer.Headers.Location}"));
        foreach (var path in (string[])["/hangfire", "/hangfire/night/now", "/hangfire/jobs/enqueued", "/hangfire/css18205"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(path, page: false)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.PostAsync(Hold)).StatusCode);
        Assert.Null(await HeldAsync());
        // Monitors of this network are not asked.
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/health/live", page: false)).StatusCode);
    }

    [Theory]
    [InlineData("anna", "wrong password here")]
    [InlineData("ben", Anna)]
    [InlineData("nobody", Anna)]
    [InlineData("", "")]
    public async Task A_wrong_name_or_password_is_refused_and_nobody_is_told_which(string name, string password)
    {
        using var client = Browse(await ServeBothAsync());
        var answer = await client.SignInAsync(name, password);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("That name and password don&#39;t belong together.", await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Redirect, (await client.GetAsync("/hangfire")).StatusCode);
    }

    [Fact]
    public async Task A_viewer_sees_the_pages_and_can_not_act()
    {
        using var ben = Browse(await ServeBothAsync());
        var answer = await ben.SignInAsync("Ben", Ben, "/sign-in?return=%2Fhangfire%2Flive");
        Assert.Equal((HttpStatusCode.Redirect, "/hangfire/live"), (answer.StatusCode, $"{answer.Headers.Location}"));
        var page = await ben.ReadAsync("/hangfire/live");
        Assert.Contains("ben, viewer", page);
        Assert.DoesNotContain("data-br-action", page);

        Assert.Equal(HttpStatusCode.Forbidden, (await ben.PostAsync(Hold, Client.TokenOf(page))).StatusCode);
        // Hangfire's own buttons neither.
        Assert.False((await ben.PostAsync("/hangfire/recurring/trigger", Client.TokenOf(page))).IsSuccessStatusCode);
        Assert.Null(await HeldAsync());
    }

    [Fact]
    public async Task An_operator_acts_with_a_token_and_not_without()
    {
        using var anna = Browse(await ServeBothAsync());
        await anna.SignInAsync("anna", Anna);
        var page = await anna.ReadAsync("/hangfire/live");
        Assert.Contains("data-br-action=\"/hangfire/live/hold\"", page);

        Assert.Equal(HttpStatusCode.Forbidden, (await anna.PostAsync(Hold)).StatusCode);
        Assert.Null(await HeldAsync());
        Assert.Equal(HttpStatusCode.OK, (await anna.PostAsync(Hold, Client.TokenOf(page))).StatusCode);
        Assert.Equal("Held on the dashboard by anna.", (await HeldAsync())!.Reason);
    }

    [SkippableTheory]
    [InlineData("light", ColorScheme.Light, 1280)]
    [InlineData("dark-phone", ColorScheme.Dark, 360)]
    public async Task In_a_browser_one_signs_in_by_keyboard_is_led_back_and_signs_out(string name, ColorScheme scheme, int width)
    {
        Browser.Require();
        await using var window = await browser.OpenAsync(await ServeBothAsync(), scheme, width);
        await window.Page.GotoAsync("/hangfire/live");
        await window.PictureAsync($"sign-in-{name}");
        await window.Page.Keyboard.TypeAsync("anna");
        await window.Page.Keyboard.PressAsync("Tab");
        await window.Page.Keyboard.TypeAsync(Anna);
        await window.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Regex("/hangfire/live$"));
        await Assertions.Expect(window.Page.Locator(".br-who")).ToContainTextAsync("anna, operator");
        Assert.True(await window.OverflowAsync() <= 0);
        await window.PictureAsync($"signed-in-{name}");
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(window.Page).ToHaveURLAsync(new Regex("/sign-in$"));
        Assert.Empty(window.Errors);
    }

    [Fact]
    public async Task Signing_out_ends_it_and_so_does_another_password()
    {
        using var anna = Browse(await ServeBothAsync());
        await anna.SignInAsync("anna", Anna);
        var page = await anna.ReadAsync("/hangfire/live");
        using var elsewhere = Browse(await ServeAsync(("Dashboard:Operators:anna", Passwords.Hash("another password"))));
        elsewhere.TakeCookiesOf(anna);
        Assert.Equal(HttpStatusCode.Redirect, (await elsewhere.GetAsync("/hangfire")).StatusCode);

        Assert.Equal(HttpStatusCode.BadRequest, (await anna.PostAsync("/sign-out")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/hangfire")).StatusCode);
        var token = Regex.Match(page, """sign-out.*?name="(?<field>[^"]+)" value="(?<token>[^"]+)""", RegexOptions.Singleline);
        Assert.Equal(HttpStatusCode.Redirect, (await anna.PostAsync("/sign-out", null, (token.Groups["field"].Value, WebUtility.HtmlDecode(token.Groups["token"].Value)))).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await anna.GetAsync("/hangfire")).StatusCode);
    }

    [Fact]
    public async Task A_foreign_page_can_neither_sign_somebody_in_nor_be_returned_to()
    {
        using var client = Browse(await ServeBothAsync());
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/sign-in", null, ("name", "anna"), ("password", Anna))).StatusCode);
        foreach (var evil in (string[])["https://evil.example", "//evil.example", "/hangfire.evil.example", "/\\evil.example"])
            Assert.Equal("/hangfire", $"{(await client.SignInAsync("anna", Anna, "/sign-in?return=" + Uri.EscapeDataString(evil))).Headers.Location}");
    }

    [Fact]
    public async Task Guessing_is_slowed_down()
    {
        using var client = Browse(await ServeBothAsync());
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 11; i++) answers.Add((await client.PostAsync("/sign-in")).StatusCode);
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.TooManyRequests), (answers[9], answers[10]));
    }

    [Fact]
    public async Task Behind_the_proxy_that_is_named_one_signs_in_over_TLS_and_behind_another_nobody_does()
    {
        (string, string)[] proxied = [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"), ("Host", "recommendations.example.com")];
        var url = await ServeBothAsync(("Dashboard:Proxies", "127.0.0.1"));
        using (var anna = Browse(url, proxied))
        {
            var answer = await anna.SignInAsync("anna", Anna);
            Assert.Contains(answer.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith("batchrec=") && cookie.Contains("secure") && cookie.Contains("httponly"));
            Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/hangfire/live")).StatusCode);
            // What monitors read in the network is for users when it is asked for from outside.
            Assert.Equal(HttpStatusCode.OK, (await anna.GetAsync("/metrics")).StatusCode);
        }
        using (var stranger = Browse(url, proxied)) Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/metrics", page: false)).StatusCode);
        using (var plain = Browse(url, ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "http"))) Assert.Equal(HttpStatusCode.Forbidden, (await plain.GetAsync("/sign-in")).StatusCode);

        var other = await ServeBothAsync(("Dashboard:Proxies", "10.0.0.7"));
        using (var unknown = Browse(other, proxied)) Assert.Equal(HttpStatusCode.Forbidden, (await unknown.GetAsync("/sign-in")).StatusCode);
        using (var local = Browse(other)) Assert.Equal(HttpStatusCode.OK, (await local.GetAsync("/sign-in")).StatusCode);
    }

    [Theory]
    [InlineData("Dashboard:Operators:anna", "correct horse battery", "Dashboard:Operators:anna is no hash of a password; write what `batchrec password` prints.")]
    [InlineData("Dashboard:Operators:an na", null, "Dashboard:Operators has the name 'an na'; use letters, digits and underscores.")]
    [InlineData("Dashboard:Operators:BEN", null, "Dashboard:Operators and Dashboard:Viewers both have BEN; an operator may look, too: use the first alone.")]
    [InlineData("Dashboard:Proxies", "proxy.internal", "Dashboard:Proxies has 'proxy.internal'; write addresses such as 127.0.0.1 or 10.0.0.7.")]
    [InlineData("Dashboard:Url", "http://0.0.0.0:5080", "Dashboard:Url is http://0.0.0.0:5080, where passwords would come in clear")]
    [InlineData("Dashboard:SessionHours", "0", "Dashboard:SessionHours is 0; use more than 0 to 744.")]
    public void What_can_not_be_safe_is_a_fault_at_the_start(string key, string? value, string fault)
    {
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:Source"] = "Host=x", ["Dashboard:Viewers:ben"] = BenHash, [key] = value ?? AnnaHash };
        Assert.Contains(Assert.Throws<ConfigurationException>(() => Setup.From(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())).Faults, said => said.StartsWith(fault));
    }

    [Fact]
    public void Passwords_stand_neither_in_a_file_nor_on_the_command_line()
    {
        var file = _jobs.Told("appsettings.json");
        File.WriteAllText(file, $$"""{ "Dashboard": { "Viewers": { "ben": "{{BenHash}}" } } }""");
        var json = new ConfigurationBuilder().AddInMemoryCollection(_jobs.Settings).AddJsonFile(file).Build();
        Assert.Contains("Dashboard:Viewers stands in appsettings.json; passwords come from the environment alone", Assert.Throws<ConfigurationException>(() => Setup.From(json)).Message);
        var words = new Dictionary<string, string?>(_jobs.Settings) { ["Dashboard:Operators:anna"] = AnnaHash };
        Assert.Contains("Dashboard:Operators stands in the command line", Assert.Throws<ConfigurationException>(() => Setup.From(new ConfigurationBuilder().AddInMemoryCollection(words).Build(), words)).Message);
    }

    [Fact]
    public void Shown_options_have_no_hash() =>
        Assert.DoesNotContain(BatchRec.Jobs.Cli.ConfigCommand.Rows(_jobs.Setup(("Dashboard:Viewers:ben", BenHash))), row => row[1].Contains(BenHash));
}
