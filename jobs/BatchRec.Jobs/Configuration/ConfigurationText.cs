using System.Collections;

namespace BatchRec.Jobs.Configuration;

/// <summary>Values of options as a person writes them.</summary>
internal static class ConfigurationText
{
    public static string Of(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        Enum member => member.ToString().ToLowerInvariant(),
        IDictionary { Count: 0 } => "",
        IDictionary entries => "{" + string.Join(", ", entries.Keys.Cast<object>().Select(key => $"{key}: {Of(entries[key])}")) + "}",
        IEnumerable list => "[" + string.Join(", ", list.Cast<object?>().Select(Of)) + "]",
        _ => $"{value}",
    };
}
