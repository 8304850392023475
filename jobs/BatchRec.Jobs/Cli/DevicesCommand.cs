using System.CommandLine;
using BatchRec.Train;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec devices</c></summary>
internal static class DevicesCommand
{
    public static Command Build(Invocation invocation)
    {
        var command = new Command("devices", "What training can run on here. Example: batchrec devices --Torch:LibraryPath=/opt/libtorch-cuda/lib");
        command.SetAction(_ =>
        {
            var setup = invocation.LoadSetup(withDatabases: false);
            foreach (var (pipeline, options) in setup.Pipelines)
                Console.WriteLine($"Pipeline {pipeline}: Train:Device is {options.Train.Device}, libtorch {options.Torch.LibraryPath ?? "of this program"}");
            // One process loads one libtorch: the first that a pipeline names.
            var found = TorchDevices.Find(setup.Pipelines.Values.Select(options => options.Torch.LibraryPath).FirstOrDefault(path => path is not null));
            Console.WriteLine($"libtorch {found.Version} in {found.Library}");
            Console.WriteLine($"cpu: usable, {found.CpuCapability}, {found.Threads} threads{(found.Bf16 ? ", can multiply bf16" : "")}");
            Console.WriteLine(found.CudaFault is null ? $"cuda: usable, {found.CudaDevices} device(s)" : $"cuda: not usable: {found.CudaFault}");
            return ExitCode.Done;
        });
        return command;
    }
}
