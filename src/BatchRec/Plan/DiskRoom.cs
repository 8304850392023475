namespace BatchRec.Plan;

/// <summary>Whether a folder's disk has room for what a night writes. The folder need not be there yet.</summary>
/// <param name="NeededBytes">As far as the steps' are known.</param>
/// <param name="FreeBytes">Null where it can't be told.</param>
public sealed record DiskRoom(string Folder, long NeededBytes, long? FreeBytes)
{
    public bool? HasRoom => FreeBytes is { } free ? free > NeededBytes : null;

    public static DiskRoom Of(string folder, long needed)
    {
        var full = Path.GetFullPath(folder);
        var present = full;
        while (!Directory.Exists(present) && Path.GetDirectoryName(present) is { } parent) present = parent;
        try
        {
            return new DiskRoom(full, needed, new DriveInfo(present).AvailableFreeSpace);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return new DiskRoom(full, needed, null);
        }
    }
}
