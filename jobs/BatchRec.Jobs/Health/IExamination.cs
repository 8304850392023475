namespace BatchRec.Jobs.Health;

/// <summary>Looks after one kind of trouble. Runs by the minute: cheap, and it changes nothing.</summary>
public interface IExamination
{
    /// <summary>What it looks at, in a word or two.</summary>
    string Name { get; }

    /// <returns>Empty where all is well.</returns>
    Task<IReadOnlyList<Finding>> FindAsync(CancellationToken cancellation);
}
