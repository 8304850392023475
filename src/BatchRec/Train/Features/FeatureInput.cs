using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Train.Features;

/// <summary>A <see cref="FeatureTable"/> as <see cref="FeatureAttention"/> takes it.</summary>
internal sealed class FeatureInput : IDisposable
{
    /// <param name="Rows">(n) or, where some have several, (values) rows of the feature's table; null for given vectors</param>
    /// <param name="Owners">(values) whose each row is; null where nobody has several</param>
    /// <param name="Share">(n, 1) 1 / values; 0 where the feature is missing</param>
    /// <param name="Vectors">(n, width) given vectors; null for the other kinds</param>
    public sealed record Column(Tensor? Rows, Tensor? Owners, Tensor Share, Tensor? Vectors);

    private FeatureInput(IReadOnlyList<Column> columns, Tensor present) => (Columns, Present) = (columns, present);

    public IReadOnlyList<Column> Columns { get; }

    /// <summary>(n, F) 1 where the feature is there, 0 where it is missing</summary>
    public Tensor Present { get; }

    /// <summary>To be disposed of: it stays beyond any scope, since of all items it serves every step.</summary>
    public static FeatureInput Of(FeatureTable table, Device device)
    {
        var present = new float[table.Count * table.Columns.Count];
        for (var feature = 0; feature < table.Columns.Count; feature++)
            for (var place = 0; place < table.Count; place++)
                present[place * table.Columns.Count + feature] = table.Columns[feature].RowsOf(place).IsEmpty ? 0 : 1;
        return new FeatureInput([.. table.Columns.Select(column => Of(column, table.Count, device))], Kept(tensor(present, [table.Count, table.Columns.Count], device: device)));
    }

    private static Column Of(FeatureTable.Column column, int count, Device device)
    {
        var share = new float[count];
        for (var place = 0; place < count; place++) share[place] = column.RowsOf(place).IsEmpty ? 0 : 1f / column.RowsOf(place).Length;
        var shares = Kept(tensor(share, [count, 1], device: device));
        if (column.Of.Kind == FeatureKind.Vector)
        {
            var vectors = new float[(long)count * column.Of.Width];
            for (var place = 0; place < count; place++)
                foreach (var row in column.RowsOf(place)) column.Vectors[row].CopyTo(vectors.AsSpan(place * column.Of.Width));
            return new Column(null, null, shares, Kept(tensor(vectors, [count, column.Of.Width], device: device)));
        }
        if (Array.TrueForAll(share, own => own is 0 or 1))
        {
            var rows = new int[count];
            for (var place = 0; place < count; place++) rows[place] = column.RowsOf(place) is [var row] ? row : 0;
            return new Column(Kept(tensor(rows, [count], device: device)), null, shares, null);
        }
        var owners = new long[column.Rows.Count];
        for (var place = 0; place < count; place++) owners.AsSpan(column.Offsets[place]..column.Offsets[place + 1]).Fill(place);
        return new Column(Kept(tensor(column.Rows.ToArray(), [column.Rows.Count], device: device)), Kept(tensor(owners, [owners.Length], device: device)), shares, null);
    }

    private static Tensor Kept(Tensor tensor) => tensor.DetachFromDisposeScope();

    public void Dispose()
    {
        foreach (var (rows, owners, share, vectors) in Columns)
            foreach (var tensor in new[] { rows, owners, share, vectors }) tensor?.Dispose();
        Present.Dispose();
    }
}
