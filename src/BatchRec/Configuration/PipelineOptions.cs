using BatchRec.Evaluate;
using BatchRec.Recommend;
using BatchRec.Runs;

namespace BatchRec.Configuration;

/// <summary>Everything that can be set for one pipeline: a record a stage.</summary>
public sealed record PipelineOptions
{
    public ArtefactsOptions Artefacts { get; init; } = new();
    public TorchOptions Torch { get; init; } = new();
    public EvaluateOptions Evaluate { get; init; } = new();
    public RecommendOptions Recommend { get; init; } = new();
    public ScheduleOptions Schedule { get; init; } = new();

    /// <summary>Every fault of every stage.</summary>
    public IEnumerable<string> Faults() =>
        new IStageOptions[] { Artefacts, Torch, Evaluate, Recommend, Schedule }.SelectMany(stage => stage.Faults());
}
