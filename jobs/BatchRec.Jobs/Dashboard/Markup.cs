using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace BatchRec.Jobs.Dashboard;

/// <summary>HTML. What is put into <see cref="Of"/>'s braces is text and is encoded, unless it is markup itself.</summary>
public readonly record struct Markup(string Html)
{
    public static readonly Markup None = new("");

    public static Markup Of(Template template) => new(template.ToString());

    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts.Select(part => part.Html)));

    public override string ToString() => Html ?? "";

    /// <summary>An interpolated string of HTML.</summary>
    [InterpolatedStringHandler]
    public readonly struct Template(int literals, int holes)
    {
        private readonly StringBuilder _html = new(literals + 16 * holes);

        public void AppendLiteral(string html) => _html.Append(html);

        public void AppendFormatted(Markup markup) => _html.Append(markup.Html);

        public void AppendFormatted(IEnumerable<Markup> parts)
        {
            foreach (var part in parts) _html.Append(part.Html);
        }

        public void AppendFormatted(string? text) => _html.Append(WebUtility.HtmlEncode(text));

        public void AppendFormatted<T>(T value, string? format = null)
        {
            // A list of markup comes here too: the compiler prefers its own type over an interface.
            if (value is IEnumerable<Markup> parts) AppendFormatted(parts);
            else AppendFormatted(value is IFormattable number ? number.ToString(format, null) : value?.ToString());
        }

        public override string ToString() => _html.ToString();
    }
}
