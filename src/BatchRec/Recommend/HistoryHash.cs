using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using BatchRec.Interactions;

namespace BatchRec.Recommend;

/// <summary>A number for a history: another event, item, time, type or attribute of the user's gives another. Half of a half of SHA-256.</summary>
internal static class HistoryHash
{
    /// <param name="userAttributes">the columns that lists depend on</param>
    public static long Of(Sequences log, int user, IReadOnlyList<string> userAttributes)
    {
        var (from, count) = ((int)log.Offsets[user], (int)(log.Offsets[user + 1] - log.Offsets[user]));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(log.Items.AsSpan(from, count)));
        hash.AppendData(MemoryMarshal.AsBytes(log.Times.AsSpan(from, count)));
        hash.AppendData(log.Events.AsSpan(from, count));
        if (userAttributes.Count > 0) hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(userAttributes.Select(name => log.UserAttributes.Column(name)(user))));
        return First(hash);
    }

    /// <summary>Of all histories: users without one, who may have come since, change nothing.</summary>
    public static string Of(Sequences log)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var user = 0; user < log.UserCount; user++)
        {
            var (from, count) = ((int)log.Offsets[user], (int)(log.Offsets[user + 1] - log.Offsets[user]));
            if (count == 0) continue;
            hash.AppendData(MemoryMarshal.AsBytes<int>([user, count]));
            hash.AppendData(MemoryMarshal.AsBytes(log.Items.AsSpan(from, count)));
            hash.AppendData(MemoryMarshal.AsBytes(log.Times.AsSpan(from, count)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static long First(IncrementalHash hash)
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }
}
