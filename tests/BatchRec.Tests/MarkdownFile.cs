using System.Text.RegularExpressions;

namespace BatchRec.Tests;

/// <summary>A document of the checkout, for tests that hold it to its word.</summary>
internal sealed class MarkdownFile(string path)
{
    public string Text { get; } = File.ReadAllText(Path.Combine(Checkout.Folder, path)).ReplaceLineEndings("\n");

    /// <summary>What stands between ```language and ```, in order.</summary>
    public IReadOnlyList<string> Blocks(string language) =>
        [.. Regex.Matches(Text, $"^```{Regex.Escape(language)}\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline).Select(block => block.Groups["code"].Value)];

    /// <summary>What stands below a heading of the second level, up to the next.</summary>
    public string Section(string heading) => Regex.Match(Text, $@"^## {Regex.Escape(heading)}\n(?<text>.*?)(?=^## |\z)", RegexOptions.Multiline | RegexOptions.Singleline).Groups["text"].Value;
}
