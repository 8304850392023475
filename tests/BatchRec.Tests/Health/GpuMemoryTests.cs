using BatchRec.Jobs.Health;
using Xunit;

namespace BatchRec.Tests.Health;

public sealed class GpuMemoryTests
{
    [Fact]
    public void Each_GPU_is_a_line_in_MiB_and_what_the_driver_cannot_tell_is_left_out() =>
        Assert.Equal([new GpuMemory("0", 1024.0 * (1 << 20), 81559.0 * (1 << 20)), new GpuMemory("2", 0, 16384.0 * (1 << 20))], GpuMemory.Parse("0, 1024, 81559\n1, [N/A], [N/A]\n2, 0, 16384\n"));

    [Fact]
    public async Task A_machine_without_one_has_none()
    {
        if (File.Exists("/usr/bin/nvidia-smi")) Assert.NotEmpty(await GpuMemory.ReadAsync(default));
        else Assert.Empty(await GpuMemory.ReadAsync(default));
    }
}
