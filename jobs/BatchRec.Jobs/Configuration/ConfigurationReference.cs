using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using BatchRec.Configuration;

namespace BatchRec.Jobs.Configuration;

/// <summary>
/// Every option there is, in Markdown: what <c>ops/docs/configuration.md</c> has to be. Names, types and defaults come from the option records, meanings from their
/// comments, and what is allowed from the records' own checks, which are given values that can't be right.
/// </summary>
internal static partial class ConfigurationReference
{
    private sealed record Section(string Name, Type Options);

    private static IEnumerable<Section> OfServers =>
        [new(nameof(ConnectionStrings), typeof(ConnectionStrings)), new(nameof(Setup.Hangfire), typeof(HangfireOptions)), new(nameof(Setup.Dashboard), typeof(DashboardOptions)), new(nameof(Setup.Alarms), typeof(AlarmOptions)), new(nameof(Setup.Log), typeof(LogOptions))];

    private static IEnumerable<Section> OfPipelines => OptionsBinder.OptionsOf(typeof(PipelineOptions)).Select(stage => new Section(stage.Name, stage.PropertyType));

    public static string Text()
    {
        var comments = new XmlComments();
        var text = new StringBuilder(
            """
            # Configuration

            <!-- Made by `ops/batchrec config reference > ops/docs/configuration.md` from the option records; a test fails where the two differ. -->

            `appsettings.json` has one section for each of those below. Over it count, in this order: `appsettings.{Environment}.json`, user secrets in Development,
            environment variables (`BATCHREC_Train__MaxEpochs=30`; `ConnectionStrings__Source=…` without the prefix), and the command line (`--Train:MaxEpochs=30`).
            A list is one text on the command line and in a variable: `view,cart`. `batchrec config show` says what counts here, and why.
            Secrets (passwords, webhooks) belong in the environment, never in a file.


            """);
        text.AppendLine("## Of the servers").AppendLine();
        foreach (var section in OfServers) Append(text, comments, section);
        text.AppendLine("## Of each pipeline").AppendLine();
        text.AppendLine("`Pipelines:NAME:SECTION:OPTION` sets one of these for a single pipeline.").AppendLine();
        foreach (var section in OfPipelines) Append(text, comments, section);
        return text.ToString().TrimEnd() + "\n";
    }

    /// <summary>Options whose meaning nobody has written down.</summary>
    public static IEnumerable<string> Undescribed()
    {
        var comments = new XmlComments();
        return OfServers.Concat(OfPipelines).SelectMany(section => OptionsBinder.OptionsOf(section.Options).Where(option => comments.Of(option).Length == 0).Select(option => $"{section.Name}:{option.Name}"));
    }

    private static void Append(StringBuilder text, XmlComments comments, Section section)
    {
        var what = Heading().Replace(comments.Of(section.Options), "");
        text.Append($"### {section.Name}\n\n{(what.Length > 0 ? $"{char.ToUpperInvariant(what[0])}{what[1..]}\n\n" : "")}| option | default | takes | meaning |\n|---|---|---|---|\n");
        var defaults = Activator.CreateInstance(section.Options)!;
        foreach (var option in OptionsBinder.OptionsOf(section.Options))
            text.Append($"| `{option.Name}` | {Cell(ConfigurationText.Of(option.GetValue(defaults)), code: true)} | {Cell(Takes(section, option))} | {Cell(comments.Of(option))} |\n");
        text.Append('\n');
    }

    private static string Cell(string text, bool code = false) => text.Length == 0 ? "" : (code ? $"`{text}`" : text).Replace("|", "\\|").Replace("<", "&lt;");

    /// <summary>What the record says of a value that is out of every range; where it never complains, the type.</summary>
    private static string Takes(Section section, PropertyInfo option)
    {
        foreach (var wrong in WrongValues(option.PropertyType))
        {
            var options = (IStageOptions)Activator.CreateInstance(section.Options)!;
            option.SetValue(options, wrong);
            var mark = $"{section.Name}:{option.Name}";
            var fault = options.Faults().FirstOrDefault(fault => fault.StartsWith(mark + " ", StringComparison.Ordinal));
            if (fault is not null && Advice().Match(fault) is { Success: true } advice) return advice.Groups["what"].Value;
        }
        return OptionsBinder.Wanted(option.PropertyType);
    }

    private static IEnumerable<object?> WrongValues(Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        return bare == typeof(int) ? [int.MinValue, int.MaxValue]
            : bare == typeof(double) ? [double.NegativeInfinity, double.NaN]
            : bare == typeof(string) ? ["?", ""]
            : typeof(IEnumerable<string>).IsAssignableFrom(type) ? [new[] { "?" }, new[] { " " }, Array.Empty<string>()]
            : typeof(IEnumerable<int>).IsAssignableFrom(type) ? [Array.Empty<int>()]
            : [];
    }

    // "Section Train: what it is": the heading says the name.
    [GeneratedRegex(@"^(The section|Section) `\w+`\W*")]
    private static partial Regex Heading();

    // "Train:Heads is 0; use a number that divides Train:Dimensions (64), such as 1 or 2."
    [GeneratedRegex(@"; (use |write |name )?(?<what>.+?)\.?$")]
    private static partial Regex Advice();
}
