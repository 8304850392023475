using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Health;
using BatchRec.Train;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec doctor</c></summary>
internal static class DoctorCommand
{
    public static Command Build(Invocation invocation)
    {
        var command = new Command("doctor", "Looks for what keeps nights from running: databases, privileges, queries, disk, clock, libtorch, queues, missed nights. Example: batchrec doctor");
        command.SetAction(async (_, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            await using var databases = new Databases(setup.ConnectionStrings);
            var all = new List<Finding>();
            await foreach (var (examination, findings) in new Examinations(setup, databases, invocation.Work, TimeProvider.System).RunAsync(cancellation))
                Tell(examination.Name, findings);
            Tell("libtorch", LibtorchFindings(setup));
            var faults = all.Count(finding => finding.Severity == Severity.Fault);
            Console.WriteLine(all.Count == 0 ? "All is well." : $"{faults} fault(s), {all.Count - faults} other finding(s).");
            return faults > 0 ? ExitCode.Failed : ExitCode.Done;

            void Tell(string name, IReadOnlyList<Finding> findings)
            {
                if (findings.Count == 0) Console.WriteLine($"ok       {name}");
                foreach (var finding in findings)
                {
                    Console.WriteLine($"{finding.Severity.ToString().ToLowerInvariant(),-8} {name}: {finding.What}");
                    Console.WriteLine($"         {finding.Remedy}");
                }
                all.AddRange(findings);
            }
        });
        return command;
    }

    /// <summary>Here alone: it loads libtorch, which a server's process doesn't.</summary>
    private static List<Finding> LibtorchFindings(Setup setup)
    {
        try
        {
            var found = TorchDevices.Find(setup.Pipelines.Values.Select(options => options.Torch.LibraryPath).FirstOrDefault(path => path is not null));
            var wantsGpu = setup.Pipelines.Where(pipeline => pipeline.Value.Train.Device == "cuda").Select(pipeline => pipeline.Key).ToList();
            var wantsBf16 = setup.Pipelines.Where(pipeline => pipeline.Value.Train.HeadPrecision == HeadPrecision.Rounded).Select(pipeline => pipeline.Key).ToList();
            var findings = new List<Finding>();
            if (wantsGpu.Count > 0 && found.CudaFault is not null)
                findings.Add(new Finding("libtorch:cuda", Severity.Note, $"Train:Device is cuda for {string.Join(", ", wantsGpu)}, and this machine has no usable GPU: {found.CudaFault}",
                    "Nothing to do where another machine serves --roles gpu. Else install a CUDA libtorch and name it in Torch:LibraryPath."));
            if (wantsBf16.Count > 0 && !found.Bf16)
                findings.Add(new Finding("libtorch:bf16", Severity.Note, $"Train:HeadPrecision is bf16 for {string.Join(", ", wantsBf16)}, but {HeadPrecision.Missing}",
                    "Nothing to do where another machine trains. Else set Train:HeadPrecision to auto or fp32."));
            return findings;
        }
        catch (BatchRecException fault)
        {
            return [new Finding("libtorch", Severity.Fault, fault.Message, "Train, evaluate, refit and recommend need it on the machine that runs them.")];
        }
    }
}
