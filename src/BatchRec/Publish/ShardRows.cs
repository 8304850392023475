using BatchRec.Parquet;

namespace BatchRec.Publish;

/// <summary>The lists of a shard, chunk by chunk: those of its delta, then those of the shard itself, of which the delta has replaced some.</summary>
/// <param name="columns">numbered in that order in <see cref="Chunk"/></param>
internal sealed class ShardRows(DuckDb duck, Shard shard, IReadOnlyList<string> columns) : IDisposable
{
    private readonly Queue<Shard> _files = new(shard.Files);
    private readonly HashSet<int> _replaced = [];
    private Shard? _file;
    private Chunks? _chunk;
    private long _read;

    /// <summary>The file that the chunk is of.</summary>
    public string Path => _file!.Path;

    public Chunks Chunk => _chunk!;

    /// <summary>Which list of the file a row of the chunk is, counted from 1.</summary>
    public long NumberOf(int row) => _read - _chunk!.Rows + row + 1;

    /// <summary>Whether a row of the chunk isn't the user's list any more.</summary>
    public bool IsReplaced(int row) => !IsDelta && _replaced.Count > 0 && _replaced.Contains(_chunk!.Ints(columns.Count)[row]);

    private bool IsDelta => ReferenceEquals(_file, shard.Delta);

    /// <summary>Moves to the next chunk; false at the end.</summary>
    /// <exception cref="BatchRecException">A file was truncated or changed, or lacks a column.</exception>
    public bool Next()
    {
        while (true)
        {
            if (_chunk?.Next() == true)
            {
                _read += _chunk.Rows;
                if (IsDelta)
                    foreach (var user in _chunk.Ints(columns.Count)) _replaced.Add(user);
                return true;
            }
            if (_file is not null && _read != _file.Rows)
                throw new BatchRecException($"{Path} holds {_read:N0} lists where its manifest says {_file.Rows:N0}. Re-run the step that makes it: batchrec run --from recommend");
            _chunk?.Dispose();
            _chunk = null;
            if (!_files.TryDequeue(out var next)) return false;
            (_file, _read) = (next, 0);
            _chunk = ParquetFile.Read(duck, next.Path, [.. columns, .. shard.Delta is null ? Array.Empty<string>() : [TopNLists.UserColumn]]);
        }
    }

    public void Dispose() => _chunk?.Dispose();
}
