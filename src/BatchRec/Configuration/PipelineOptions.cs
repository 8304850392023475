using BatchRec.Blend;
using BatchRec.Evaluate;
using BatchRec.Extract;
using BatchRec.Gate;
using BatchRec.Prepare;
using BatchRec.Publish;
using BatchRec.Recommend;
using BatchRec.Rerank;
using BatchRec.Runs;
using BatchRec.Train;
using BatchRec.Tune;

namespace BatchRec.Configuration;

/// <summary>Everything that can be set for one pipeline: a record a stage.</summary>
public sealed record PipelineOptions
{
    public ArtefactsOptions Artefacts { get; init; } = new();
    public TorchOptions Torch { get; init; } = new();
    public SourceOptions Source { get; init; } = new();
    public ExtractOptions Extract { get; init; } = new();
    public PrepareOptions Prepare { get; init; } = new();
    public TrainOptions Train { get; init; } = new();
    public EvaluateOptions Evaluate { get; init; } = new();
    public BlendOptions Blend { get; init; } = new();
    public RerankOptions Rerank { get; init; } = new();
    public GateOptions Gate { get; init; } = new();
    public RecommendOptions Recommend { get; init; } = new();
    public PublishOptions Publish { get; init; } = new();
    public TuneOptions Tune { get; init; } = new();
    public ScheduleOptions Schedule { get; init; } = new();

    /// <summary>Every fault of every stage.</summary>
    public IEnumerable<string> Faults() =>
        new IStageOptions[] { Artefacts, Torch, Source, Extract, Prepare, Train, Evaluate, Blend, Rerank, Gate, Recommend, Publish, Tune, Schedule }.SelectMany(stage => stage.Faults()).Concat(FaultsBetween());

    private IEnumerable<string> FaultsBetween()
    {
        if (Recommend.UntouchedItems && Train.ItemFeatures is null or { Count: 0 })
            yield return "Recommend:UntouchedItems is true, but Train:ItemFeatures names nothing that such items could be known by; name columns of items.sql there, such as \"category\", or use false.";
        if (Rerank.Candidates > 0 && Rerank.Candidates < Recommend.TopN)
            yield return $"Rerank:Candidates is {Rerank.Candidates}, fewer than the lists' Recommend:TopN = {Recommend.TopN}; use at least as many, or 0 to re-rank none.";
        if (Rerank is { Candidates: > 0, Heads: > 0 } && Train.Dimensions % Rerank.Heads != 0)
            yield return $"Rerank:Heads is {Rerank.Heads}; use a number that divides Train:Dimensions ({Train.Dimensions}), such as 1 or 2.";
    }
}
