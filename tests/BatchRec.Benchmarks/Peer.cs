using System.Diagnostics;
using System.Globalization;

namespace BatchRec.Benchmarks;

/// <summary>A Python script of ops/bench that does what a benchmark compares with: a line asks for work, the answer is numbers, the first of them the seconds it took.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;

    private Peer(Process process) => _process = process;

    /// <param name="packages">what Debian calls what the script imports</param>
    public static Peer Start(string script, string packages, params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine("ops", "bench", script), .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // What is set to hold OpenBLAS to an older processor's kernels would flatter us: the peer takes those that suit this one.
        foreach (var held in (string[])["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]) start.Environment.Remove(held);
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        var process = Process.Start(start)!;
        var hello = process.StandardOutput.ReadLine()
            ?? throw new BatchRecException($"The peer didn't start. Install it: apt-get install {packages} libopenblas0-openmp; and run from the root of the checkout.");
        if (!hello.Contains(" openblas ", StringComparison.Ordinal))
            throw new BatchRecException($"The peer says '{hello}': with Debian's reference BLAS it is no fair one. Install it: apt-get install libopenblas0-openmp");
        Console.WriteLine($"peer: {hello}");
        return new Peer(process);
    }

    /// <returns>seconds, and what else the script answers</returns>
    public double[] Do(string work)
    {
        _process.StandardInput.WriteLine(work);
        var answer = _process.StandardOutput.ReadLine() ?? throw new BatchRecException("The peer has ended; what it said stands above.");
        return Array.ConvertAll(answer.Split(' '), number => double.Parse(number, CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
