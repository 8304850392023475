using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace BatchRec.Jobs.Dashboard.Access;

/// <summary>Passwords as ASP.NET Core Identity hashes them: PBKDF2 with HMAC-SHA512 and a random salt.</summary>
internal static class Passwords
{
    /// <summary>OWASP's count for PBKDF2 with HMAC-SHA512 (Password Storage Cheat Sheet, 2023).</summary>
    private const int Iterations = 210_000;

    private static readonly PasswordHasher<string> Hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));

    /// <summary>Somebody's whom nobody knows: a name that is not there takes as long as one that is.</summary>
    private static readonly Lazy<string> Decoy = new(() => Hash(Guid.NewGuid().ToString()));

    public static string Hash(string password) => Hasher.HashPassword("", password);

    /// <param name="hash">null: there is no such user</param>
    public static bool Match(string? hash, string password) =>
        Hasher.VerifyHashedPassword("", hash ?? Decoy.Value, password) != PasswordVerificationResult.Failed && hash is not null;

    /// <summary>Identity's format 3: a mark, three numbers, salt and key, as Base64.</summary>
    public static bool IsHash(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var written) && written >= 13 + 16 + 16 && bytes[0] == 1;
    }
}
