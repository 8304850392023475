using Xunit;

namespace BatchRec.Tests.Torch;

/// <summary>Tests that use libtorch run one after the other: its seed and its number of threads are the process's.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LibtorchCollection
{
    public const string Name = "libtorch";
}
