using System.Text.Json.Serialization;

namespace BatchRec.Train.Features;

/// <summary>How an attribute's text becomes a vector.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FeatureKind>))]
public enum FeatureKind
{
    /// <summary>One or more values, separated by <c>|</c> or as PostgreSQL's array <c>{a,b}</c>: the mean of their embeddings.</summary>
    Values,

    /// <summary>A number: the embedding of its bucket.</summary>
    Number,

    /// <summary>Words: the mean of the embeddings of their hashes.</summary>
    Words,

    /// <summary>A vector that the source gives, projected by a learned matrix.</summary>
    Vector,
}
