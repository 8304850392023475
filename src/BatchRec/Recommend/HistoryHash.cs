using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using BatchRec.Interactions;

namespace BatchRec.Recommend;

/// <summary>A number for a history: another event, item, time, type, value or attribute of the user's gives another, and so does another vector of an item in it. Half of a half of SHA-256.</summary>
internal static class HistoryHash
{
    /// <param name="basis">Its <see cref="ListsBasis.UserAttributes"/> and <see cref="ListsBasis.ItemVectors"/> count as far as they are this user's.</param>
    public static long Of(Sequences log, int user, ListsBasis basis)
    {
        var (from, count) = ((int)log.Offsets[user], (int)(log.Offsets[user + 1] - log.Offsets[user]));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(log.Items.AsSpan(from, count)));
        hash.AppendData(MemoryMarshal.AsBytes(log.Times.AsSpan(from, count)));
        hash.AppendData(log.Events.AsSpan(from, count));
        hash.AppendData(MemoryMarshal.AsBytes(log.Values.AsSpan(from, count)));
        if (basis.UserAttributes.Count > 0) hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(basis.UserAttributes.Select(name => log.UserAttributes.Column(name)(user))));
        if (basis.ItemVectors is { } vectorOf)
            foreach (var item in log.Items.AsSpan(from, count)) hash.AppendData(MemoryMarshal.AsBytes(vectorOf(item)));
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
