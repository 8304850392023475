using BatchRec.Interactions;

namespace BatchRec.Import;

/// <summary>A csv file of what is known of items, or of users: a line an id, a column an attribute.</summary>
internal static class AttributesFile
{
    /// <param name="id">names that the column of the ids may have</param>
    /// <param name="indices">of the ids that matter; lines of others are passed over</param>
    /// <param name="roles">names that an attribute goes by too, each with those that its column may have</param>
    /// <param name="skipped">Takes a sentence on lines that couldn't be read.</param>
    /// <exception cref="BatchRecException">The file is missing, damaged, or has no column of ids.</exception>
    public static Attributes Read(string path, string[] id, Dictionary<string, int> indices, IEnumerable<(string Name, string[] Columns)> roles, List<string> skipped)
    {
        using var file = CsvFile.Open(path);
        var idColumn = file.Find(id);
        if (idColumn < 0)
            throw new BatchRecException($"{path}: the header is '{string.Join(',', file.Header)}'; the ids' column has to be called {string.Join(" or ", id)}. Rename it in the first line.");
        var columns = file.Header.Select((name, column) => (Name: name, Column: column)).Where(one => one.Column != idColumn).ToList();
        columns.AddRange(roles.Where(role => file.Find(role.Name) < 0).Select(role => (role.Name, Column: file.Find(role.Columns))).Where(one => one.Column >= 0));
        var texts = columns.ConvertAll(_ => new Texts());
        var (rows, known, bad) = (new int[indices.Count], 0, new SkippedLines());
        Array.Fill(rows, -1);
        while (file.Read())
        {
            if (file.Malformed is { } malformed)
            {
                bad.Add(malformed, file.Line);
                continue;
            }
            if (!indices.TryGetValue(file[idColumn].ToString(), out var index) || rows[index] >= 0) continue;
            rows[index] = known++;
            for (var at = 0; at < columns.Count; at++) texts[at].Add(file[columns[at].Column] is { IsEmpty: false } text ? text.ToString() : null);
        }
        skipped.AddRange(bad.Sentences().Select(line => $"{Path.GetFileName(path)}: malformed, left out: {line}"));
        if (known == 0) throw new BatchRecException($"{path}: none of its ids is in the log. Name the file that belongs to the log.");
        return Attributes.Of(rows, columns.Zip(texts, (column, own) => (column.Name, own)));
    }
}
