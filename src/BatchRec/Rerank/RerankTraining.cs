using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Train;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Rerank;

/// <summary>Where the training of a re-ranker stands.</summary>
/// <param name="Epoch">counted from 1</param>
/// <param name="Batch">counted from 1</param>
/// <param name="Loss">mean cross-entropy (nats) of the epoch so far</param>
public sealed record RerankProgress(int Epoch, int Epochs, int Batch, int Batches, double Loss);

/// <summary>
/// From a trained model and the histories that it learnt from to a re-ranker of its candidates: softmax cross-entropy of the target among candidates, by the sum of the model's
/// score, which stays, and the re-ranker's, which is 0 to begin with. What is learnt is what the model gets wrong (Friedman 2001, "Greedy function approximation").
/// </summary>
public static class RerankTraining
{
    /// <param name="train">What the model was trained on, and nothing else.</param>
    /// <param name="trained">Says what is asked, and where it computes.</param>
    /// <param name="recommend">What lists leave out.</param>
    /// <returns>null where no history has a target that a list could have</returns>
    /// <exception cref="BatchRecException">The loss diverged, or the options don't suit the model.</exception>
    public static RerankModel? Run(
        Sequences train, SasrecRecommender model, RerankOptions options, TrainOptions trained, RecommendOptions recommend, ulong seed, IProgress<RerankProgress>? progress, CancellationToken ct)
    {
        var cases = RerankCases.Of(train, model, SeenItems.Served(train, recommend), trained.Targets, options, seed, ct);
        if (cases.Queries.Length == 0) return null;
        var device = TrainDevice.Of(trained.Device);
        // What comes before an item is counted without the targets to begin with: else each of them would have been told.
        using var facets = new ItemFacets(model, Predecessors.Of(cases.Before(train), options.Predecessors), options.Predecessors, device);
        using var network = new CoAttention(model.Dimensions, options.Heads, options.History, facets.Count);
        network.Start(Randomness.Seed(seed, 7));
        network.to(device);
        using var optimizer = optim.AdamW(network.parameters(), options.LearningRate, weight_decay: options.WeightDecay);
        var batches = (cases.Queries.Length + options.BatchSize - 1) / options.BatchSize;
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            var order = Enumerable.Range(0, cases.Queries.Length).ToArray();
            Randomness.At(seed, 8, (ulong)epoch).Shuffle<int>(order);
            var sum = 0.0;
            for (var batch = 0; batch < batches; batch++)
            {
                ct.ThrowIfCancellationRequested();
                var rate = options.LearningRate * (1 - (epoch * batches + batch) / (double)(options.Epochs * batches));
                foreach (var group in optimizer.ParamGroups) group.LearningRate = rate;
                var which = order[(batch * options.BatchSize)..Math.Min((batch + 1) * options.BatchSize, order.Length)];
                sum += Step(network, facets, new RerankBatch(train, cases, which, facets, options, seed, epoch), optimizer);
                if (!double.IsFinite(sum)) throw new BatchRecException($"Training the re-ranker diverged at epoch {epoch + 1}, batch {batch + 1} of {batches}. Lower Rerank:LearningRate ({options.LearningRate}).");
                progress?.Report(new RerankProgress(epoch + 1, options.Epochs, batch + 1, batches, sum / (batch + 1)));
            }
        }
        return new RerankModel { Options = options, Width = model.Dimensions, FacetCount = facets.Count, Predecessors = Predecessors.Of(train, options.Predecessors), Parameters = network.Arrays() };
    }

    /// <returns>mean cross-entropy (nats) before the step</returns>
    private static double Step(CoAttention network, ItemFacets facets, RerankBatch batch, optim.Optimizer optimizer)
    {
        using var scope = NewDisposeScope();
        var scores = network.Scores(facets.Table, batch.Input) + tensor(batch.Offsets, [batch.Input.Cases, batch.Input.Candidates], device: facets.Table.device);   // (B, C)
        var loss = scores.log_softmax(1).narrow(1, 0, 1).mean().neg();
        var value = (double)loss.item<float>();
        if (!double.IsFinite(value)) return value;
        loss.backward();
        optimizer.step();
        network.zero_grad();
        return value;
    }
}
