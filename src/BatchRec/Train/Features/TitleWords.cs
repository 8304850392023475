namespace BatchRec.Train.Features;

/// <summary>
/// Words as rows of a table of fixed size, by hash (Weinberger et al., Feature Hashing, 2009): a word that training never saw has a row too, though one that
/// says nothing or something else.
/// </summary>
internal static class TitleWords
{
    /// <summary>Rows of the table.</summary>
    public const int Rows = 4096;

    /// <summary>Words of a text that count.</summary>
    public const int Most = 64;

    /// <summary>Adds the row of each of the first <see cref="Most"/> words: letters and digits, in lower case.</summary>
    /// <returns>whether there were more</returns>
    public static bool Add(ReadOnlySpan<char> text, List<int> rows)
    {
        var words = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsLetterOrDigit(text[at])) continue;
            if (words++ == Most) return true;
            // FNV-1a: the same in every process, which string.GetHashCode isn't.
            var hash = 2166136261u;
            for (; at < text.Length && char.IsLetterOrDigit(text[at]); at++) hash = unchecked((hash ^ char.ToLowerInvariant(text[at])) * 16777619u);
            rows.Add((int)(hash % Rows));
        }
        return false;
    }
}
