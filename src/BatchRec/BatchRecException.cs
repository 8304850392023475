namespace BatchRec;

/// <summary>
/// A fault that a person can mend: bad configuration, bad input, a damaged artefact. The message says what is wrong, where,
/// and what to do. Retrying without a change gives the same, so jobs don't.
/// </summary>
public class BatchRecException : Exception
{
    public BatchRecException(string message) : base(message) { }

    public BatchRecException(string message, Exception inner) : base(message, inner) { }
}
