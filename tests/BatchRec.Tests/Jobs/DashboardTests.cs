using System.Net;
using BatchRec.Jobs.Dashboard;
using BatchRec.Jobs.Dashboard.Access;
using BatchRec.Jobs.Hosting;
using BatchRec.Runs;
using Microsoft.AspNetCore.Http;
using Xunit;
using static BatchRec.Tests.Jobs.TestJobs;

namespace BatchRec.Tests.Jobs;

[Collection(PostgresTests.Name)]
public sealed class DashboardTests(PostgresCluster cluster) : IAsyncLifetime
{
    private static readonly HttpClient Http = new(new HttpClientHandler { AllowAutoRedirect = false });

    private readonly string _url = $"http://127.0.0.1:{Ports.Free()}";
    private TestJobs _jobs = null!;
    private IServiceProvider _server = null!;

    public async Task InitializeAsync()
    {
        _jobs = await TestJobs.CreateAsync(cluster);
        _server = (await _jobs.ServeAsync(FakeNight.Of(), Roles.Cpu | Roles.Dashboard, ("Dashboard:Url", _url))).Services;
    }

    public async Task DisposeAsync() => await _jobs.DisposeAsync();

    private async Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _url + path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request);
    }

    [Fact]
    public async Task This_machine_is_let_in_and_led_to_the_pages()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/hangfire")).StatusCode);
        Assert.Equal("/hangfire", (await GetAsync("/")).Headers.Location?.ToString());
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/hangfire", ("Host", "localhost:5080"))).StatusCode);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    [InlineData("Forwarded", "for=203.0.113.7")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Real-IP", "203.0.113.7")]
    [InlineData("Host", "recommendations.example.com")]
    [InlineData("Host", "localhost.example.com")]
    [InlineData("Host", "192.168.1.5:5080")]
    public async Task What_came_through_a_proxy_or_by_another_name_is_not(string header, string value) =>
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("/hangfire", (header, value))).StatusCode);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("::1", "[::1]:5080", true)]
    [InlineData("::ffff:127.0.0.1", "localhost", true)]
    [InlineData("192.168.1.5", "localhost", false)]
    [InlineData(null, "localhost", false)]
    [InlineData("127.0.0.1", "", false)]
    public void Local_is_a_loopback_address_and_a_name_of_this_machine(string? remote, string host, bool local)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = remote is null ? null : IPAddress.Parse(remote);
        http.Request.Host = new HostString(host);
        Assert.Equal(local, LocalOnly.IsLocal(http));
    }

    [Fact]
    public async Task A_button_pressed_by_a_foreign_page_has_no_token_and_does_nothing()
    {
        var response = await Http.PostAsync(_url + "/hangfire/jobs/enqueued/delete", new FormUrlEncodedContent([KeyValuePair.Create("jobs[]", "1")]));
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task The_page_of_a_step_s_job_shows_its_row_and_none_shows_the_connection_string()
    {
        var run = await StartAsync(_server);
        await EndAsync(_server, run.RunId);
        var train = await StepAsync(_server, run.RunId, Step.Train);
        var page = await (await GetAsync($"/hangfire/jobs/details/{train.HangfireJobId}")).Content.ReadAsStringAsync();
        Assert.Contains("<h3>Step train of run", page);
        Assert.Contains("made holdout-model", page);
        Assert.Contains("br-step br-is-done", page);
        Assert.DoesNotContain("5432", page);
        Assert.DoesNotContain("Username=", page);
        Assert.Contains($"train of run {run.RunId}", await (await GetAsync("/hangfire/jobs/succeeded")).Content.ReadAsStringAsync());
    }

    [Fact]
    public void What_is_put_into_markup_is_text_unless_it_is_markup()
    {
        var list = new List<Markup> { Markup.Of($"<b>{"<i>"}</b>"), Markup.Of($"{1.5:0.00}") };
        Assert.Equal("<p title=\"&quot;\">&lt;script&gt; a &amp; b <b>&lt;i&gt;</b>1.50</p>", Markup.Of($"<p title=\"{'"'}\">{"<script> a & b "}{list}</p>").Html);
    }
}
