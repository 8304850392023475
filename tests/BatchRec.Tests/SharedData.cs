using Xunit;

namespace BatchRec.Tests;

/// <summary>
/// Real data sets, kept beside the checkout (<c>../shared/data</c>, or the folder that BATCHREC_DATA names) because their terms forbid
/// redistribution. A test that needs one skips with a message where it isn't there.
/// </summary>
public static class SharedData
{
    public static string File(string path)
    {
        var full = Path.Combine(Root, path);
        Skip.IfNot(System.IO.File.Exists(full), $"{path} is not there: put the data sets into {Root}, or name their folder in BATCHREC_DATA.");
        return full;
    }

    private static string Root => Environment.GetEnvironmentVariable("BATCHREC_DATA") ?? Path.GetFullPath(Path.Combine(Checkout.Folder, "..", "shared", "data"));
}
