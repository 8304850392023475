namespace BatchRec.Tests;

/// <summary>The checkout that these tests were built in.</summary>
internal static class Checkout
{
    public static string Folder { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "BatchRec.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException($"No BatchRec.sln above {AppContext.BaseDirectory}.");
        return folder.FullName;
    }
}
