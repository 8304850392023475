using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>The tensors of one call of attention, for the threads that share its heads.</summary>
internal unsafe struct AttentionWork
{
    public AttentionView Query, Key, Value, Output, Gradient, QueryGradient, KeyGradient, ValueGradient;

    /// <summary>(B, H, L) logarithm of each softmax's sum</summary>
    public float* LogSums;

    public int Heads, Length, Width;
}

/// <summary>A tensor (B, H, L, E) in memory; rows of E elements are contiguous.</summary>
internal readonly unsafe struct AttentionView
{
    private readonly float* _data;
    private readonly nint _batch, _head, _row;

    /// <param name="tensor">a copy is made, in the current dispose scope, of one whose rows aren't contiguous</param>
    public AttentionView(Tensor tensor)
    {
        var strides = tensor.stride();
        if (strides[3] != 1)
        {
            tensor = tensor.contiguous();
            strides = tensor.stride();
        }
        _data = (float*)tensor.DataPointer;
        (_batch, _head, _row) = ((nint)strides[0], (nint)strides[1], (nint)strides[2]);
    }

    /// <summary>One history's, (H, L, E).</summary>
    public AttentionView(float* data, nint head, nint row)
    {
        _data = data;
        (_head, _row) = (head, row);
    }

    /// <summary>The matrix (L, E) of one head of one history.</summary>
    public AttentionRows this[int batch, int head] => new(_data + batch * _batch + head * _head, _row);
}

/// <summary>A matrix (L, E) in memory; the distance between its rows is in elements.</summary>
internal readonly unsafe struct AttentionRows(float* data, nint stride)
{
    public nint Stride => stride;

    public float* this[int row] => data + row * stride;
}
