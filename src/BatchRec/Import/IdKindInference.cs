using BatchRec.Interactions;

namespace BatchRec.Import;

/// <summary>Finds the narrowest kind that keeps every id of a file losslessly.</summary>
public sealed class IdKindInference
{
    private bool _bigint = true, _uuid = true;

    public IdKind Kind => _bigint ? IdKind.BigInt : _uuid ? IdKind.Uuid : IdKind.Text;

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
