namespace BatchRec.Interactions;

/// <summary>The types that the source's ids may have; results keep the same one.</summary>
public enum IdKind
{
    BigInt,
    Uuid,
    Text,
}

public static class IdKinds
{
    /// <summary>PostgreSQL's name of the type.</summary>
    public static string SqlName(this IdKind kind) => kind switch
    {
        IdKind.BigInt => "bigint",
        IdKind.Uuid => "uuid",
        IdKind.Text => "text",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <exception cref="FormatException">It's none of the three.</exception>
    public static IdKind Parse(string sqlName) => sqlName switch
    {
        "bigint" => IdKind.BigInt,
        "uuid" => IdKind.Uuid,
        "text" => IdKind.Text,
        _ => throw new FormatException($"'{sqlName}' is not a type of ids; those are bigint, uuid and text."),
    };
}
