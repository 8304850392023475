namespace BatchRec.Extract;

/// <summary>Rows in blocks that are taken again when their rows are written: growing copies nothing, and fresh memory is asked for once.</summary>
internal sealed class RowBlocks
{
    public const int BlockRows = 2048;

    private readonly Stack<InteractionRow[]> _free = [];

    /// <summary>Blocks that hold rows.</summary>
    public int Taken { get; private set; }

    public InteractionRow[] Take()
    {
        Taken++;
        return _free.TryPop(out var block) ? block : GC.AllocateUninitializedArray<InteractionRow>(BlockRows);
    }

    public void Return(IEnumerable<InteractionRow[]> blocks)
    {
        foreach (var block in blocks)
        {
            _free.Push(block);
            Taken--;
        }
    }

    /// <summary>Gives memory back that holds no rows.</summary>
    public void Trim() => _free.Clear();
}

/// <summary>The rows of one day as they came.</summary>
internal sealed class DayRows(RowBlocks blocks)
{
    private InteractionRow[][] _blocks = new InteractionRow[16][];
    private int _taken;

    // The last block, the rows in it, and those in the ones before.
    private InteractionRow[] _last = [];
    private int _rows, _before;

    public int Count => _before + _rows;

    public ref InteractionRow this[int row] => ref _blocks[(uint)row / RowBlocks.BlockRows][(uint)row % RowBlocks.BlockRows];

    public ref InteractionRow Add()
    {
        if (_rows == _last.Length) TakeBlock();
        return ref _last[_rows++];
    }

    public void Clear()
    {
        blocks.Return(_blocks.Take(_taken));
        // Or the rows of days that are written already would stay in memory.
        Array.Clear(_blocks, 0, _taken);
        (_taken, _last, _rows, _before) = (0, [], 0, 0);
    }

    private void TakeBlock()
    {
        if (_taken == _blocks.Length) Array.Resize(ref _blocks, 2 * _taken);
        (_before, _rows, _last) = (Count, 0, blocks.Take());
        _blocks[_taken++] = _last;
    }
}
