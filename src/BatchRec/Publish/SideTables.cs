using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>What readers need beside the lists: titles and availability of items, and the list for users without one.</summary>
internal static class SideTables
{
    /// <summary>items.parquet → a table of its own, to be merged when the pointer flips.</summary>
    public static void CopyItems(NpgsqlConnection connection, ResultTables tables, string table, string path, CancellationToken cancellation)
    {
        using var duck = new DuckDb();
        var present = ParquetFile.Schema(duck, path).Select(column => column.Name).ToHashSet();
        string[] columns = [.. new[] { ItemCatalogue.ItemId, ItemCatalogue.Title, ItemCatalogue.Category, ItemCatalogue.Available }.Where(present.Contains)];
        var (title, category, available) =
            (Array.IndexOf(columns, ItemCatalogue.Title), Array.IndexOf(columns, ItemCatalogue.Category), Array.IndexOf(columns, ItemCatalogue.Available));
        using var rows = ParquetFile.Read(duck, path, columns);
        Copy(connection, tables.Fill("publish/copy_items.sql", ("items", Sql.Name(table))), rows, (buffer, row) =>
        {
            buffer.Row(4);
            buffer.Id(tables.ItemId, rows, 0, row);
            Text(buffer, rows, title, row);
            Text(buffer, rows, category, row);
            // A null counts as yes, as where the lists are made.
            buffer.Bool(available < 0 || rows.IsMissing(available, row) || rows.Bools(available)[row]);
        }, cancellation);
    }

    /// <summary>default.parquet → its table, under the run that is about to be published.</summary>
    public static void CopyDefaultList(NpgsqlConnection connection, ResultTables tables, RunId run, TopNLists lists, CancellationToken cancellation)
    {
        using var duck = new DuckDb();
        using var rows = ParquetFile.Read(duck, lists.DefaultList!, TopNLists.ItemIdsColumn, TopNLists.ScoresColumn, TopNLists.SourcesColumn);
        Copy(connection, tables.Fill("publish/copy_default.sql"), rows, (buffer, row) =>
        {
            buffer.Row(6);
            buffer.Text(run.Value);
            buffer.Text("default"u8);
            buffer.Ids(tables.ItemId, rows.List(0, row));
            buffer.Reals(rows.List(1, row).Floats());
            buffer.Texts(rows.List(2, row));
            buffer.Instant(lists.GeneratedAt);
        }, cancellation);
    }

    private static void Copy(NpgsqlConnection connection, string statement, Chunks rows, Action<CopyBuffer, int> write, CancellationToken cancellation)
    {
        var buffer = new CopyBuffer();
        using var stream = connection.BeginRawBinaryCopy(statement);
        try
        {
            buffer.Header();
            while (rows.Next())
            {
                cancellation.ThrowIfCancellationRequested();
                for (var row = 0; row < rows.Rows; row++) write(buffer, row);
                stream.Write(buffer.Written);
                buffer.Clear();
            }
            buffer.Trailer();
            stream.Write(buffer.Written);
        }
        catch
        {
            // Disposing a raw copy completes it.
            stream.Cancel();
            throw;
        }
    }

    private static void Text(CopyBuffer buffer, Chunks rows, int column, int row)
    {
        if (column < 0 || rows.IsMissing(column, row)) buffer.Missing();
        else buffer.Text(rows.Utf8(column, row));
    }
}
