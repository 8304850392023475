namespace BatchRec.Configuration;

/// <summary>The options of one stage: one immutable record beside its step, one section of <c>appsettings.json</c>.</summary>
public interface IStageOptions
{
    /// <summary>Every fault, a sentence each, saying what to write instead. All stages' faults are reported at once, at start.</summary>
    IEnumerable<string> Faults();
}
