using System.CommandLine;
using TorchSharp;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec devices</c></summary>
internal static class DevicesCommand
{
    public static Command Build(Invocation invocation)
    {
        var command = new Command("devices", "What training can run on here. Example: batchrec devices --Torch:LibraryPath=/opt/libtorch-cuda/lib");
        command.SetAction(_ =>
        {
            var setup = invocation.LoadSetup();
            foreach (var (pipeline, options) in setup.Pipelines)
                Console.WriteLine($"Pipeline {pipeline}: Train:Device is {options.Train.Device}, libtorch {options.Torch.LibraryPath ?? "of this program"}");
            // The variable that the tensor layer reads when it loads; one process loads one libtorch.
            if (setup.Pipelines.Values.Select(options => options.Torch.LibraryPath).FirstOrDefault(path => path is not null) is { } library)
                Environment.SetEnvironmentVariable("BATCHREC_TORCH_LIBRARY", library);
            try
            {
                Console.WriteLine($"cpu: usable, {torch.get_num_threads()} threads");
                Console.WriteLine(torch.cuda.is_available() ? $"cuda: usable, {torch.cuda.device_count()} device(s)" : "cuda: not usable with this libtorch on this machine");
            }
            catch (DllNotFoundException fault)
            {
                throw new BatchRecException(fault.Message, fault);
            }
            return ExitCode.Done;
        });
        return command;
    }
}
