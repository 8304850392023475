using BatchRec.Jobs.Cli;

namespace BatchRec.Tests.Jobs;

/// <summary>This assembly as the program <c>batchrec</c> with a night that does next to nothing, for servers and children that tests kill.</summary>
internal static class TestProgram
{
    private static Task<int> Main(string[] arguments) => CommandLine.RunAsync(arguments, FakeNight.OfFolder(Environment.GetEnvironmentVariable(FakeNight.Folder) ?? ""));
}
