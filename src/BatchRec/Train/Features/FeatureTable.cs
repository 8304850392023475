using System.Runtime.InteropServices;
using System.Security.Cryptography;
using BatchRec.Interactions;

namespace BatchRec.Train.Features;

/// <summary>The features of some items, or users, as rows of the features' tables.</summary>
internal sealed class FeatureTable
{
    private readonly Column[] _columns;

    private FeatureTable(FeatureSchema schema, int count) => (_columns, Count) = ([.. schema.Columns.Select(column => new Column(column, count))], count);

    /// <summary>Items or users.</summary>
    public int Count { get; }

    /// <summary>One feature of all of them.</summary>
    /// <param name="of">the feature</param>
    /// <param name="count">items or users</param>
    public sealed class Column(FeatureColumn of, int count)
    {
        public FeatureColumn Of => of;

        /// <summary>(count + 1) where each one's <see cref="Rows"/> begin: none where the feature is missing</summary>
        public int[] Offsets { get; } = new int[count + 1];

        /// <summary>rows of the feature's table; of vectors, rows of <see cref="Vectors"/></summary>
        public List<int> Rows { get; } = [];

        /// <summary>the given vectors, at length 1</summary>
        public List<float[]> Vectors { get; } = [];

        public ReadOnlySpan<int> RowsOf(int place) => CollectionsMarshal.AsSpan(Rows)[Offsets[place]..Offsets[place + 1]];
    }

    public IReadOnlyList<Column> Columns => _columns;

    /// <param name="indices">of the items or users</param>
    /// <param name="notes">Takes a sentence on each kind of text that couldn't be used as it was.</param>
    public static FeatureTable Of(FeatureSchema schema, Attributes attributes, ReadOnlySpan<int> indices, ICollection<string>? notes = null)
    {
        var table = new FeatureTable(schema, indices.Length);
        foreach (var column in table._columns)
        {
            var (text, faults) = (attributes.Column(column.Of.Name), new SortedDictionary<string, int>(StringComparer.Ordinal));
            for (var place = 0; place < indices.Length; place++)
            {
                if (text(indices[place]) is { } own && !string.IsNullOrWhiteSpace(own) && Add(column, own) is { } fault) faults[fault] = faults.GetValueOrDefault(fault) + 1;
                column.Offsets[place + 1] = column.Rows.Count;
            }
            foreach (var (fault, times) in faults) notes?.Add($"{column.Of.Name}: {times:N0} × {fault}.");
        }
        return table;
    }

    /// <summary>The same of some of them.</summary>
    public FeatureTable Take(ReadOnlySpan<int> places)
    {
        var table = new FeatureTable(new FeatureSchema { Columns = [.. _columns.Select(column => column.Of)] }, places.Length);
        foreach (var (from, to) in _columns.Zip(table._columns))
        {
            for (var place = 0; place < places.Length; place++)
            {
                foreach (var row in from.RowsOf(places[place]))
                {
                    to.Rows.Add(from.Of.Kind == FeatureKind.Vector ? to.Vectors.Count : row);
                    if (from.Of.Kind == FeatureKind.Vector) to.Vectors.Add(from.Vectors[row]);
                }
                to.Offsets[place + 1] = to.Rows.Count;
            }
        }
        return table;
    }

    /// <summary>Whether one has any feature at all.</summary>
    public bool Has(int place) => Array.Exists(_columns, column => column.Offsets[place + 1] > column.Offsets[place]);

    public void AppendTo(IncrementalHash hash)
    {
        foreach (var column in _columns)
        {
            hash.AppendData(MemoryMarshal.AsBytes(column.Offsets.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(column.Rows)));
            foreach (var vector in column.Vectors) hash.AppendData(MemoryMarshal.AsBytes(vector.AsSpan()));
        }
    }

    private static string? Add(Column column, string text)
    {
        if (column.Of.Kind != FeatureKind.Vector)
        {
            column.Of.AddRows(text, column.Rows, out var fault);
            return fault;
        }
        if (GivenVectors.Parse(text, column.Of.Width) is not { } vector) return $"no vector of {column.Of.Width} finite numbers, skipped";
        column.Rows.Add(column.Vectors.Count);
        column.Vectors.Add(vector);
        return null;
    }
}
