using Microsoft.Playwright;
using Xunit;

namespace BatchRec.Tests.Dashboard;

/// <summary>A real Chromium, one for a class of tests. Pictures of what it saw are kept below .local/screenshots.</summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Skips the test where there is no browser.</summary>
    public static void Require() => Skip.IfNot(File.Exists(Chromium), $"There is no {Chromium}: run ops/test.sh, which installs it.");

    public static string Screenshots { get; } = Directory.CreateDirectory(Path.Combine(Checkout.Folder, ".local", "screenshots")).FullName;

    public async Task InitializeAsync()
    {
        if (!File.Exists(Chromium)) return;
        _playwright = await Playwright.CreateAsync();
        // Chromium's sandbox refuses to run as root, as tests in containers do; the pages are our own.
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Chromium, Args = Environment.IsPrivilegedProcess ? ["--no-sandbox"] : [] });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A window of its own, which notes what goes wrong in it.</summary>
    public async Task<Window> OpenAsync(string address, ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 900)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address, ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = height },
        });
        return new Window(context, await context.NewPageAsync());
    }
}

/// <param name="Page">Of Playwright.</param>
public sealed record Window(IBrowserContext Context, IPage Page) : IAsyncDisposable
{
    private readonly List<string> _errors = Listen(Page);

    /// <summary>What the console and the scripts complained of.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public Task PictureAsync(string name) => Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browser.Screenshots, name + ".png"), FullPage = true });

    /// <summary>Pixels that stick out to the right.</summary>
    public Task<int> OverflowAsync() => Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

    public ValueTask DisposeAsync() => Context.DisposeAsync();

    private static List<string> Listen(IPage page)
    {
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") errors.Add($"{page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => errors.Add($"{page.Url}: {error}");
        return errors;
    }
}
