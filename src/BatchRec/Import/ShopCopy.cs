using System.Globalization;
using BatchRec.Interactions;
using Npgsql;
using NpgsqlTypes;

namespace BatchRec.Import;

/// <summary>Rows on their way into <c>shop.interaction</c>; what isn't completed is rolled back.</summary>
public sealed class InteractionCopy(NpgsqlBinaryImporter importer, IdKind userKind, IdKind itemKind) : IDisposable
{
    /// <param name="occurredAt">UTC</param>
    public void Write(ReadOnlySpan<char> user, ReadOnlySpan<char> item, string eventType, DateTime occurredAt, double? value, long? position)
    {
        importer.StartRow();
        importer.WriteId(user, userKind);
        importer.WriteId(item, itemKind);
        WriteRest(eventType, occurredAt, value, position);
    }

    /// <summary>For bigint ids.</summary>
    public void Write(long user, long item, string eventType, DateTime occurredAt, double? value, long? position)
    {
        importer.StartRow();
        importer.Write(user, NpgsqlDbType.Bigint);
        importer.Write(item, NpgsqlDbType.Bigint);
        WriteRest(eventType, occurredAt, value, position);
    }

    private void WriteRest(string eventType, DateTime occurredAt, double? value, long? position)
    {
        importer.Write(eventType, NpgsqlDbType.Text);
        importer.Write(occurredAt, NpgsqlDbType.TimestampTz);
        if (value is { } number) importer.Write(number, NpgsqlDbType.Double); else importer.WriteNull();
        if (position is { } place) importer.Write(place, NpgsqlDbType.Bigint); else importer.WriteNull();
    }

    public void Complete() => importer.Complete();

    public void Dispose() => importer.Dispose();
}

/// <summary>Rows on their way into <c>shop.item</c>; what isn't completed is rolled back.</summary>
public sealed class ItemCopy(NpgsqlBinaryImporter importer, IdKind kind) : IDisposable
{
    public void Write(ReadOnlySpan<char> id, string? title, string? category, decimal? price, bool available)
    {
        importer.StartRow();
        importer.WriteId(id, kind);
        WriteRest(title, category, price, available);
    }

    /// <summary>For bigint ids.</summary>
    public void Write(long id, string? title, string? category, decimal? price, bool available)
    {
        importer.StartRow();
        importer.Write(id, NpgsqlDbType.Bigint);
        WriteRest(title, category, price, available);
    }

    private void WriteRest(string? title, string? category, decimal? price, bool available)
    {
        if (title is not null) importer.Write(title, NpgsqlDbType.Text); else importer.WriteNull();
        if (category is not null) importer.Write(category, NpgsqlDbType.Text); else importer.WriteNull();
        if (price is { } amount) importer.Write(amount, NpgsqlDbType.Numeric); else importer.WriteNull();
        importer.Write(available, NpgsqlDbType.Boolean);
    }

    public void Complete() => importer.Complete();

    public void Dispose() => importer.Dispose();
}

internal static class IdCopy
{
    public static void WriteId(this NpgsqlBinaryImporter importer, ReadOnlySpan<char> id, IdKind kind)
    {
        if (kind == IdKind.BigInt) importer.Write(long.Parse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), NpgsqlDbType.Bigint);
        else if (kind == IdKind.Uuid) importer.Write(Guid.ParseExact(id, "D"), NpgsqlDbType.Uuid);
        else importer.Write(id.ToString(), NpgsqlDbType.Text);
    }
}
