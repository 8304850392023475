using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;
using Npgsql;

namespace BatchRec.Extract;

/// <summary>Reads what <c>items.sql</c> or <c>users.sql</c> yields into one file, sorted by id: one row an id.</summary>
internal sealed class AttributeReader(SourceSnapshot snapshot, DuckDbLimits limits, SkippedRows skipped)
{
    private const string Table = "attributes";
    private const int BatchRows = 16_384;

    /// <param name="source">The query's columns, the id among them; those without a meaning are kept as text.</param>
    /// <param name="file">The file's name in the draft.</param>
    /// <exception cref="BatchRecException">The query fails, or the disk is full.</exception>
    public async Task ReadAsync(
        SourceQuery query, IReadOnlyList<SourceColumn> source, string id, string file, ArtefactDraft draft, CancellationToken cancellation)
    {
        var columns = source.OrderByDescending(column => column.Name == id).Select(column => column.Name switch
        {
            var name when name == id => CopiedColumn.Id(name, column.IdKind!.Value),
            ItemCatalogue.Price when id == ItemCatalogue.ItemId => CopiedColumn.Double(column.Name),
            ItemCatalogue.Available when id == ItemCatalogue.ItemId => CopiedColumn.Bool(column.Name),
            _ => CopiedColumn.Text(column.Name),
        }).ToList();
        using var duck = new DuckDb(limits);
        try
        {
            var rows = await CopyAsync(query, file, columns, duck, cancellation);
            var path = Path.Combine(draft.WorkFolder, file);
            var written = ParquetFile.Copy(duck, Sql.Fill("extract/first_of_each.sql", ("id", Sql.Name(id))), path);
            if (rows > written) skipped.Add($"{file}: {id} is there more than once", rows - written);
            draft.Share(file, path, written);
        }
        catch (DuckDbException exception)
        {
            throw new BatchRecException(
                $"Sorting the rows of {query.Path} failed: {exception.Message} "
                + $"Raise Extract:MemoryMiB, or free space at {limits.TempFolder}, and re-run extract; nothing that was there has changed.", exception);
        }
    }

    private async Task<long> CopyAsync(SourceQuery query, string file, List<CopiedColumn> columns, DuckDb duck, CancellationToken cancellation)
    {
        var sql = Sql.Fill("extract/attributes.sql",
            ("columns", string.Join(", ", columns.Select(column => column.Cast))), ("query", query.Between(PostgresTime.MinusInfinity, PostgresTime.Infinity)));
        duck.Create(Table, [.. columns.Select(column => column.ToColumn())]);
        var (total, batch) = (0L, 0);
        try
        {
            await using var connection = await snapshot.JoinAsync(cancellation);
            await using var stream = await connection.BeginRawBinaryCopyAsync(sql, cancellation);
            var rows = new BinaryRows(new CopyMessages(stream), columns.Count);
            while (await rows.FillAsync(cancellation))
            {
                while (rows.TryNext())
                {
                    if (rows.IsNull(0))
                    {
                        skipped.Add($"{file}: {columns[0].Name} is null");
                        continue;
                    }
                    for (var column = 0; column < columns.Count; column++) columns[column].Add(rows.Field(column), rows.IsNull(column));
                    total++;
                    if (++batch == BatchRows) Append();
                }
            }
        }
        catch (PostgresException exception)
        {
            throw SourceSnapshot.Refused(query, sql, exception);
        }
        Append();
        return total;

        void Append()
        {
            duck.Append(Table, [.. columns.Select(column => column.ToColumn())]);
            foreach (var column in columns) column.Clear();
            batch = 0;
        }
    }
}
