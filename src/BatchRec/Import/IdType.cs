namespace BatchRec.Import;

/// <summary>PostgreSQL type of an id column.</summary>
public enum IdType
{
    Bigint,
    Uuid,
    Text,
}

/// <summary>Finds the narrowest type that keeps every id of a file losslessly.</summary>
public sealed class IdTypeInference
{
    private bool _bigint = true, _uuid = true;

    public IdType Type => _bigint ? IdType.Bigint : _uuid ? IdType.Uuid : IdType.Text;

    public void See(ReadOnlySpan<char> id)
    {
        _bigint = _bigint && IsCanonicalInteger(id);
        _uuid = _uuid && Guid.TryParseExact(id, "D", out _);
    }

    /// <summary><c>007</c>, <c>+7</c> and <c>-0</c> would come back as another text, so they aren't numbers here.</summary>
    private static bool IsCanonicalInteger(ReadOnlySpan<char> id)
    {
        var digits = id is ['-', ..] ? id[1..] : id;
        var zero = digits is ['0', ..];
        return digits.Length > 0 && char.IsAsciiDigit(digits[0]) && (!zero || id.Length == 1) && long.TryParse(id, out _);
    }
}
