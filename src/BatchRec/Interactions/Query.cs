namespace BatchRec.Interactions;

/// <summary>
/// One question to a recommender: what comes after the events <c>Offsets[User] .. End</c> of a <see cref="Sequences"/>,
/// asked at <paramref name="Time"/>?
/// </summary>
/// <param name="User">Dense user index.</param>
/// <param name="End">Absolute index, exclusive, where the known history ends.</param>
/// <param name="Time">Microseconds since 1970, UTC, at which the question is asked: the night's instant, never the target's.</param>
public readonly record struct Query(int User, long End, long Time);
