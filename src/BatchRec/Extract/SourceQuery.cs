using System.Text;
using System.Text.RegularExpressions;

namespace BatchRec.Extract;

/// <summary>
/// One SELECT of the user's, with its places for <c>@from</c> and <c>@until</c>. COPY takes no parameters, so they are replaced in
/// the text: outside comments, quoted texts and quoted names.
/// </summary>
public sealed class SourceQuery
{
    private const string From = "@from", Until = "@until";

    private readonly IReadOnlyList<(int At, string Name)> _places;

    // The statement without comments, quoted texts and the quotes of names.
    private readonly string _code;

    private SourceQuery(string path, string text, IReadOnlyList<(int At, string Name)> places, string code) => (Path, Text, _places, _code) = (path, text, places, code);

    /// <summary>The file, as messages name it.</summary>
    public string Path { get; }

    /// <summary>As it is written, without what follows a closing semicolon.</summary>
    public string Text { get; }

    public bool HasRange => _places.Any(place => place.Name == From) && _places.Any(place => place.Name == Until);

    /// <exception cref="BatchRecException">The file can't be read or holds anything but one statement.</exception>
    public static SourceQuery Read(string path)
    {
        try
        {
            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BatchRecException(
                $"{path} can't be read: {exception.Message} Put the query there, or let Source:SqlFolder name the folder that holds it.", exception);
        }
    }

    /// <inheritdoc cref="Read"/>
    public static SourceQuery Parse(string path, string text)
    {
        var (places, code) = (new List<(int, string)>(), new StringBuilder());
        var (end, any) = (text.Length, false);
        for (var at = 0; at < text.Length;)
        {
            var next = AfterComment(text, at);
            if (next == at && !char.IsWhiteSpace(text[at]))
            {
                if (end < text.Length)
                    throw new BatchRecException($"{path} holds more than one statement; it takes one SELECT. Put everything into it, with WITH or a view.");
                if (text[at] == ';') end = at;
                else any = true;
                next = AfterQuoted(text, at);
            }
            if (next > at)
            {
                if (text[at] == '"') code.Append(text.AsSpan(at, next - at).Trim('"'));
                at = next;
                continue;
            }
            code.Append(text[at]);
            foreach (var name in (ReadOnlySpan<string>)[From, Until])
            {
                if (string.Compare(text, at, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) == 0 && !IsPartOfName(text, at + name.Length))
                    places.Add((at, name));
            }
            at++;
        }
        if (!any) throw new BatchRecException($"{path} holds no statement; put one SELECT into it.");
        return new SourceQuery(path, text[..end], places, code.ToString());
    }

    /// <summary>The statement for a range, whose bounds are given as SQL.</summary>
    public string Between(string from, string until)
    {
        var sql = new StringBuilder();
        var at = 0;
        foreach (var (place, name) in _places)
        {
            sql.Append(Text, at, place - at).Append(name == From ? from : until);
            at = place + name.Length;
        }
        return sql.Append(Text, at, Text.Length - at).ToString();
    }

    /// <summary>Whether the statement says this name, such as <c>shop.interaction</c>, quoted or not; comments say nothing. A view may read the table nevertheless.</summary>
    public bool Mentions(string name) => Regex.IsMatch(_code, $@"(?<![\w.]){Regex.Escape(name)}(?!\w)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    private static int AfterComment(string text, int at)
    {
        if (Starts(text, at, "--")) return text.IndexOf('\n', at) is >= 0 and var end ? end + 1 : text.Length;
        if (!Starts(text, at, "/*")) return at;
        var depth = 0;
        do
        {
            // PostgreSQL's comments nest.
            if (Starts(text, at, "/*")) (depth, at) = (depth + 1, at + 2);
            else if (Starts(text, at, "*/")) (depth, at) = (depth - 1, at + 2);
            else at++;
        }
        while (depth > 0 && at < text.Length);
        return at;
    }

    private static int AfterQuoted(string text, int at)
    {
        if (text[at] is '\'' or '"')
        {
            var (quote, escapes) = (text[at], at > 0 && text[at] == '\'' && text[at - 1] is 'e' or 'E' && !IsPartOfName(text, at - 2));
            // A doubled quote reads as the end of one text and the start of the next, which comes to the same.
            for (at++; at < text.Length && text[at] != quote; at++)
                if (escapes && text[at] == '\\') at++;
            return Math.Min(at + 1, text.Length);
        }
        if (text[at] != '$' || IsPartOfName(text, at - 1)) return at;
        var tag = at + 1;
        while (IsPartOfName(text, tag)) tag++;
        if (tag >= text.Length || text[tag] != '$') return at;
        var mark = text[at..(tag + 1)];
        return text.IndexOf(mark, tag + 1, StringComparison.Ordinal) is >= 0 and var close ? close + mark.Length : text.Length;
    }

    private static bool Starts(string text, int at, string what) => string.CompareOrdinal(text, at, what, 0, what.Length) == 0;

    private static bool IsPartOfName(string text, int at) => at >= 0 && at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '_');
}
