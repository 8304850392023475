using System.Collections;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace BatchRec.Jobs.Configuration;

/// <summary>
/// Where configuration comes from, each layer over the one before: <c>appsettings.json</c> (of the current folder, else beside the program),
/// <c>appsettings.{Environment}.json</c>, user secrets in Development, environment variables (<c>BATCHREC_Train__Epochs=3</c>, and
/// <c>ConnectionStrings__Source</c> as every .NET program has it), the command line (<c>--Train:Epochs=3</c>).
/// </summary>
public static partial class Settings
{
    private const string EnvironmentPrefix = "BATCHREC_";

    public static IConfigurationRoot Load(IReadOnlyDictionary<string, string?> commandLine)
    {
        var folder = File.Exists("appsettings.json") ? Environment.CurrentDirectory : AppContext.BaseDirectory;
        var environment = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? "Production";
        var builder = new ConfigurationBuilder().SetBasePath(folder)
            .AddJsonFile("appsettings.json", optional: true)
            .AddJsonFile($"appsettings.{environment}.json", optional: true);
        if (environment == "Development") builder.AddUserSecrets(typeof(Settings).Assembly, optional: true);
        builder.AddInMemoryCollection(ConnectionStringVariables()).AddEnvironmentVariables(EnvironmentPrefix).AddInMemoryCollection(commandLine);
        try
        {
            return builder.Build();
        }
        catch (InvalidDataException fault)
        {
            throw new ConfigurationException([$"{fault.Message} {fault.InnerException?.Message} Mend the file; it has to be JSON."]);
        }
    }

    /// <summary>Takes the settings (<c>--Section:Key=value</c>, or the value as the next word) out of a command line: no option of a verb has a colon.</summary>
    public static (string[] Verb, Dictionary<string, string?> Overrides) Split(IReadOnlyList<string> arguments)
    {
        var (verb, overrides) = (new List<string>(), new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase));
        for (var i = 0; i < arguments.Count; i++)
        {
            var match = Setting().Match(arguments[i]);
            if (!match.Success) verb.Add(arguments[i]);
            else if (match.Groups["value"].Success) overrides[match.Groups["key"].Value] = match.Groups["value"].Value;
            else if (i + 1 < arguments.Count) overrides[match.Groups["key"].Value] = arguments[++i];
            else throw new ConfigurationException([$"{arguments[i]} has no value; write {arguments[i]}=…"]);
        }
        return ([.. verb], overrides);
    }

    /// <summary>The same settings for a child process. By its environment, since everyone can read a process's arguments.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> AsEnvironment(IEnumerable<KeyValuePair<string, string?>> settings) =>
        settings.Select(setting => KeyValuePair.Create(EnvironmentPrefix + setting.Key.Replace(":", "__"), setting.Value));

    private static Dictionary<string, string?> ConnectionStringVariables()
    {
        const string prefix = "ConnectionStrings__";
        return Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(variable => ((string)variable.Key).StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(variable => "ConnectionStrings:" + ((string)variable.Key)[prefix.Length..], variable => (string?)variable.Value, StringComparer.OrdinalIgnoreCase);
    }

    [GeneratedRegex(@"^--(?<key>[A-Za-z]\w*(:[\w-]+)+)(=(?<value>.*))?$", RegexOptions.Singleline)]
    private static partial Regex Setting();
}
