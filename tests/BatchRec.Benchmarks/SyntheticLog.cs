using BatchRec.Generate;
using BatchRec.Interactions;

namespace BatchRec.Benchmarks;

/// <summary>The log of a <see cref="SyntheticShop"/>, in memory as the steps have it.</summary>
internal static class SyntheticLog
{
    public static readonly DateTime Until = new(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc);

    public static Sequences Of(int users, int items, long events)
    {
        var shop = new SyntheticShop(new GenerateRequest { Users = users, Items = items, Events = events, Until = Until });
        var (user, item, time, type) = (new int[events], new int[events], new long[events], new byte[events]);
        var offsets = new long[users + 1];
        string[] types = ["view", "cart", "purchase"];
        var at = 0;
        foreach (var one in shop.Events())
        {
            (user[at], item[at], type[at]) = ((int)one.User - 1, (int)one.Item - 1, (byte)Array.IndexOf(types, one.Type));
            time[at] = (one.OccurredAt - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            offsets[user[at++] + 1]++;
        }
        for (var u = 0; u < users; u++) offsets[u + 1] += offsets[u];
        // Events stream in the order of time, so that each user's do too.
        var (next, ownItems, ownTimes, ownTypes) = (offsets[..^1], new int[at], new long[at], new byte[at]);
        for (var i = 0; i < at; i++)
        {
            var place = next[user[i]]++;
            (ownItems[place], ownTimes[place], ownTypes[place]) = (item[i], time[i], type[i]);
        }
        return new Sequences
        {
            UserCount = users, ItemCount = items, Offsets = offsets, Items = ownItems, Times = ownTimes, Events = ownTypes,
            Values = new float[at], EventTypes = types,
        };
    }
}
