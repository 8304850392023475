using BatchRec.Configuration;
using BatchRec.Parquet;
using BatchRec.Runs;
using BatchRec.Tests.Torch;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Runs;

[Collection(LibtorchCollection.Name)]
public sealed class ExhaustionTests
{
    private static string? Said(Exception fault, Step step = Step.Train) =>
        Exhaustion.Of(fault, step, new PipelineOptions { Artefacts = new ArtefactsOptions { Folder = "/srv/artefacts" } })?.Message;

    /// <summary>What comes of 32 TiB, asked for on several threads.</summary>
    private static Exception TooMuch() => Record.Exception(() => Parallel.For(0, 2, _ => GC.KeepAlive(new long[1 << 30, 1 << 12])))!;

    [Fact]
    public void Memory_that_dotnet_can_not_have_is_said_with_what_to_do()
    {
        var fault = TooMuch();
        var said = Said(fault)!;
        Assert.StartsWith("Step train needs more memory than it can have", said);
        Assert.Contains("lower Train:BatchSize", said);
        Assert.Contains("batchrec run --from train", said);
        Assert.Contains("lower Extract:MemoryMiB", Said(fault, Step.Extract));
    }

    [Fact]
    public void So_is_memory_that_libtorch_can_not_have() =>
        Assert.StartsWith("Step train needs more memory", Said(Record.Exception(() => zeros(1L << 46).Dispose())!));

    [Fact]
    public void So_is_memory_that_DuckDB_can_not_have()
    {
        using var duck = new DuckDb(new DuckDbLimits { MemoryMiB = 8 });
        var fault = Assert.Throws<DuckDbException>(() => duck.Execute("CREATE TABLE t AS SELECT list(i) AS l FROM range(10000000) r(i)"));
        Assert.True(fault.IsOfMemory, fault.Message);
        Assert.StartsWith("Step publish needs more memory", Said(fault, Step.Publish));
    }

    [SkippableFact]
    public void A_full_disk_is_said_with_the_folder_to_free()
    {
        using var disk = new SmallDisk(mebibytes: 1);
        var path = Path.Combine(disk.Folder, "model.safetensors");
        var said = Said(Assert.Throws<IOException>(() => Durable.Write(path, new byte[2 << 20])))!;
        Assert.Contains("No space left on device", said);
        Assert.Contains(path, said);
        Assert.Contains("Free space at /srv/artefacts, then go on: batchrec run --from train.", said);
    }

    [Fact]
    public void Other_faults_are_left_as_they_are()
    {
        Assert.Null(Said(new InvalidOperationException("memory")));
        Assert.Null(Said(new IOException("The pipe is broken.")));
        Assert.Null(Said(new BatchRecException("Mend me.", TooMuch())));
    }
}
