using System.Diagnostics;
using BatchRec.Import;
using BatchRec.Interactions;

namespace BatchRec.Generate;

/// <summary>Loads a synthetic shop into <c>shop.interaction</c> and <c>shop.item</c>, in place of what was there.</summary>
public static class ShopGeneration
{
    private const int RowsAReport = 50_000;

    /// <param name="progress">Told the number of rows loaded now and then.</param>
    /// <exception cref="BatchRecException">The request is out of range.</exception>
    public static async Task<(ShopSummary Shop, TimeSpan Duration)> RunAsync(
        string connectionString, GenerateRequest request, IProgress<long>? progress, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var shop = new SyntheticShop(request);
        await using var load = await ShopLoad.BeginAsync(connectionString, IdKind.BigInt, IdKind.BigInt, ct);
        CopyEvents(shop, load, progress, ct);
        CopyItems(shop, load);
        return (await load.SwapInAsync(ct), watch.Elapsed);
    }

    private static void CopyEvents(SyntheticShop shop, ShopLoad load, IProgress<long>? progress, CancellationToken ct)
    {
        using var copy = load.CopyInteractions();
        var rows = 0L;
        foreach (var row in shop.Events())
        {
            copy.Write(row.User, row.Item, row.Type, row.OccurredAt, row.Value, ++rows);
            if (rows % RowsAReport != 0) continue;
            ct.ThrowIfCancellationRequested();
            progress?.Report(rows);
        }
        copy.Complete();
    }

    private static void CopyItems(SyntheticShop shop, ShopLoad load)
    {
        using var copy = load.CopyItems();
        foreach (var item in shop.Items()) copy.Write(item.Id, item.Title, item.Category, item.Price, item.Available);
        copy.Complete();
    }
}
