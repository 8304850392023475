namespace BatchRec.Configuration;

/// <summary>Section <c>Torch</c>: which libtorch the tensor layer loads.</summary>
public sealed record TorchOptions : IStageOptions
{
    /// <summary>
    /// A folder with another libtorch: a CUDA build, a Python wheel's <c>torch/lib</c>. All libraries of one build, never a mixture.
    /// Left out: the CPU build that comes with the package.
    /// </summary>
    public string? LibraryPath { get; init; }

    public IEnumerable<string> Faults()
    {
        if (LibraryPath is not null && !File.Exists(Path.Combine(LibraryPath, "libtorch_cpu.so")))
            yield return $"Torch:LibraryPath is '{LibraryPath}', which holds no libtorch_cpu.so; name the folder with libtorch's libraries, or leave it out.";
    }
}
