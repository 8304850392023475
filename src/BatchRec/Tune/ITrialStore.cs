namespace BatchRec.Tune;

/// <summary>Where a tuning's trials stand, so that an interrupted one goes on: a folder (<see cref="TrialFolder"/>) or tables (<see cref="TrialRows"/>).</summary>
public interface ITrialStore
{
    /// <summary>By number.</summary>
    IReadOnlyList<Trial> Read();

    /// <summary>Adds the trial, or replaces what stands of it.</summary>
    void Write(Trial trial);
}
