using System.Text;

namespace BatchRec.Train.Features;

/// <summary>PostgreSQL's arrays as text: <c>{red,"dark, blue"}</c>.</summary>
internal static class ArrayText
{
    /// <returns>the elements that are neither null nor blank; null where the text is no such array</returns>
    public static string[]? Elements(string text)
    {
        if (text.AsSpan().Trim() is not ['{', .. var inside, '}']) return null;
        var (elements, element, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var at = 0; at < inside.Length; at++)
        {
            if (inside[at] == '\\' && at + 1 < inside.Length) element.Append(inside[++at]);
            else if (inside[at] == '"') quoted = !quoted;
            else if (inside[at] == ',' && !quoted) End();
            else element.Append(inside[at]);
        }
        End();
        return [.. elements];

        void End()
        {
            var value = element.ToString().Trim();
            if (value.Length > 0 && value != "NULL") elements.Add(value);
            element.Clear();
        }
    }
}
