using System.Net;
using System.Text.RegularExpressions;

namespace BatchRec.Tests.Dashboard;

/// <summary>A browser without a screen: cookies, forms, no redirects followed.</summary>
/// <param name="headers">sent with every request, as a reverse proxy would add them</param>
internal sealed class Client(string url, params (string Name, string Value)[] headers) : IDisposable
{
    // By hand: a cookie that is for TLS alone is sent here too, where a proxy would have ended the TLS.
    private readonly Dictionary<string, string> _cookies = [];
    private readonly HttpClient _http = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });

    public static string TokenOf(string page) => WebUtility.HtmlDecode(Regex.Match(page, "name=\"csrf-token\" content=\"([^\"]+)\"").Groups[1].Value);

    public Task<HttpResponseMessage> GetAsync(string path, bool page = true) => SendAsync(new HttpRequestMessage(HttpMethod.Get, url + path), page ? "text/html" : "*/*");

    public async Task<string> ReadAsync(string path) => await (await GetAsync(path)).Content.ReadAsStringAsync();

    public Task<HttpResponseMessage> PostAsync(string path, string? token = null, params (string Name, string Value)[] fields)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url + path) { Content = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))) };
        if (token is not null) request.Headers.Add("RequestVerificationToken", token);
        return SendAsync(request, "text/html");
    }

    /// <summary>Loads the page, fills in its form and sends it.</summary>
    public async Task<HttpResponseMessage> SignInAsync(string name, string password, string path = "/sign-in")
    {
        var page = await ReadAsync(path);
        var action = WebUtility.HtmlDecode(Regex.Match(page, "action=\"([^\"]+)\"").Groups[1].Value);
        var token = Regex.Match(page, "type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]+)\"").Groups;
        return await PostAsync(action, null, (token[1].Value, WebUtility.HtmlDecode(token[2].Value)), ("name", name), ("password", password));
    }

    public void TakeCookiesOf(Client other)
    {
        foreach (var (name, value) in other._cookies) _cookies[name] = value;
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string accept)
    {
        request.Headers.Add("Accept", accept);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        if (_cookies.Count > 0) request.Headers.Add("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        var answer = await _http.SendAsync(request);
        if (answer.Headers.TryGetValues("Set-Cookie", out var set))
        {
            foreach (var cookie in set.Select(line => line.Split(';')[0].Split('=', 2)))
                if (cookie[1].Length == 0) _cookies.Remove(cookie[0]);
                else _cookies[cookie[0]] = cookie[1];
        }
        return answer;
    }
}
