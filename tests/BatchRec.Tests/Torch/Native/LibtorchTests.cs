using BatchRec.Torch.Native;
using BatchRec.Train;
using TorchSharp;
using Xunit;

namespace BatchRec.Tests.Torch;

[Collection(LibtorchCollection.Name)]
public class LibtorchTests
{
    [Fact]
    public void The_loaded_library_says_what_it_is()
    {
        Assert.True(torch.get_num_threads() >= 1);
        Assert.StartsWith("2.", Libtorch.Version, StringComparison.Ordinal);
        Assert.Contains(Libtorch.CpuCapability, (string[])["AVX512", "AVX2", "DEFAULT", "NO AVX"]);
        Assert.True(File.Exists(Path.Combine(Libtorch.Folder!, "libtorch_cpu.so")));
        Assert.Equal(torch.cuda.is_available(), Devices.CudaReason().Length == 0);
    }

    [Fact]
    public void Another_folder_is_refused_once_a_library_is_loaded()
    {
        _ = Libtorch.C;
        var error = Assert.Throws<InvalidOperationException>(() => Libtorch.ChosenFolder = "/elsewhere");
        Assert.Contains("loaded already", error.Message, StringComparison.Ordinal);
        Libtorch.ChosenFolder = Libtorch.Folder;
    }

    [Fact]
    public void A_folder_without_a_library_is_refused_with_what_to_do()
    {
        var error = Assert.Throws<DllNotFoundException>(() => Libtorch.FindFolder("/nowhere/torch/lib"));
        Assert.Contains("There is no libtorch in /nowhere/torch/lib", error.Message, StringComparison.Ordinal);
        Assert.Contains("Torch:LibraryPath", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_devices_are_described_with_the_reason_against_cuda()
    {
        var devices = TorchDevices.Find();
        Assert.Equal(Libtorch.Folder, devices.Library);
        Assert.Equal(torch.get_num_threads(), devices.Threads);
        Assert.Equal(devices.CudaDevices == 0, devices.CudaFault is not null);
    }
}
