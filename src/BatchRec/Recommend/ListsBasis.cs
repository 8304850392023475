using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using BatchRec.Runs;

namespace BatchRec.Recommend;

/// <summary>What lists follow from beside a user's own history: where it is the same, so are they.</summary>
public sealed record ListsBasis
{
    /// <summary>Name of what is published: the blend, the model, a baseline.</summary>
    public required string Recommender { get; init; }

    /// <summary>SHA-256 of the files that it is read from.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>A hash of the vectors of the items that may be in a list, where they follow from attributes, which may have changed since; else empty.</summary>
    public required string ItemAttributes { get; init; }

    /// <summary>Vectors of items that are read in histories alone: part of each user's own hash (<see cref="HistoryHash"/>), and of nobody else's. Null: there are none.</summary>
    [JsonIgnore]
    public ItemVector? ItemVectors { get; init; }

    /// <summary>Columns of <c>users.sql</c> that the model takes.</summary>
    public required IReadOnlyList<string> UserAttributes { get; init; }

    /// <summary>A hash of the items that are in nobody's list, where lists are re-ranked: one that goes lets another candidate in, which may come to stand anywhere. Else empty.</summary>
    public required string Unavailable { get; init; }

    /// <summary>A hash of the log that baselines count; empty where none takes part.</summary>
    public required string Log { get; init; }

    /// <summary>What the events' types are called.</summary>
    public required IReadOnlyList<string> EventTypes { get; init; }

    /// <summary>Whether lists depend on when they are asked for.</summary>
    public required bool DependsOnTime { get; init; }

    /// <summary>One number for all of it, the options and the program included.</summary>
    public string Hash(RecommendOptions options)
    {
        // How the work is cut changes no list.
        var whole = new { Basis = this, Options = options with { Shards = 1, ScoreBlockMiB = 1, MaxListAgeDays = 1 }, CodeVersion.Text };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(whole, Manifest.Json)));
    }
}

/// <returns>(D) an item's vector; empty where it has none that counts</returns>
public delegate ReadOnlySpan<float> ItemVector(int item);
