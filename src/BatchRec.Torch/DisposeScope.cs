namespace TorchSharp;

public static partial class torch
{
    /// <summary>Opens a scope of this thread: tensors made in it are released with it, unless they are moved out.</summary>
    public static DisposeScope NewDisposeScope() => new();

    /// <summary>The innermost open scope of this thread.</summary>
    public static DisposeScope? CurrentDisposeScope => DisposeScope.Current;
}

/// <summary>Releases the tensors that were made while it was the innermost scope of its thread.</summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? _current;

    private readonly HashSet<IDisposable> _tensors = new(ReferenceEqualityComparer.Instance);
    private DisposeScope? _outer;
    private bool _closed;

    internal DisposeScope()
    {
        _outer = _current;
        _current = this;
    }

    internal static DisposeScope? Current => _current;

    public int DisposablesCount => _tensors.Count;

    public bool Contains(IDisposable disposable) => _tensors.Contains(disposable);

    /// <summary>Hands a tensor to the scope around this one; without one, to its finalizer or its owner.</summary>
    public T MoveToOuter<T>(T disposable) where T : IDisposable => MoveToOther(_outer, disposable);

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second));

    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (disposable is torch.Tensor tensor && _tensors.Contains(tensor)) Move(tensor, scope);
        return disposable;
    }

    /// <summary>Makes the caller the owner of a tensor.</summary>
    public T Detach<T>(T disposable) where T : IDisposable => MoveToOther(null, disposable);

    /// <summary>Makes this scope the owner of a tensor.</summary>
    public void Attach(IDisposable disposable)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (disposable is torch.Tensor tensor) Move(tensor, this);
    }

    public void DisposeEverything()
    {
        torch.Tensor[] tensors = [.. _tensors.Cast<torch.Tensor>()];
        _tensors.Clear();
        foreach (var tensor in tensors)
        {
            tensor.OwningDisposeScope = null;
            tensor.Dispose();
        }
    }

    public void Dispose()
    {
        if (_closed) return;
        DisposeEverything();
        _closed = true;
        if (ReferenceEquals(_current, this))
        {
            _current = _outer;
            return;
        }
        // Closed out of order: it leaves the chain of scopes, the inner ones stay.
        for (var scope = _current; scope is not null; scope = scope._outer)
            if (ReferenceEquals(scope._outer, this)) scope._outer = _outer;
    }

    internal static void Register(torch.Tensor tensor)
    {
        if (_current is not { } scope) return;
        scope._tensors.Add(tensor);
        tensor.OwningDisposeScope = scope;
    }

    internal static void Move(torch.Tensor tensor, DisposeScope? scope)
    {
        tensor.OwningDisposeScope?._tensors.Remove(tensor);
        scope?._tensors.Add(tensor);
        tensor.OwningDisposeScope = scope;
    }
}
