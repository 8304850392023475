namespace BatchRec.Jobs.Steps;

/// <summary>A step ended in a way that may not happen again: its process was killed, the lock was lost. Hangfire tries it again.</summary>
public sealed class StepFailedException(string message) : Exception(message);
