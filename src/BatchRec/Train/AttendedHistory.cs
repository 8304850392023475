namespace BatchRec.Train;

/// <summary>
/// How much a user's vector attends to each event of the history that it was made of. It says where the model looked, not what it would have said without an
/// event: values, residual branches and feed-forward parts take part too (Jain, Wallace, Attention is not Explanation, 2019).
/// </summary>
/// <param name="Events">(n) absolute indices into the log, the oldest first: the last events whose items the model knows</param>
/// <param name="Weights">(n) 0 or more, sum 1</param>
public sealed record AttendedHistory(long[] Events, float[] Weights);
