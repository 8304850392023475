using System.Collections.Concurrent;
using BatchRec.Runs;

namespace BatchRec.Train;

/// <summary>The item vectors of each pipeline's live run, read once and kept until another run is live.</summary>
public sealed class ItemSpaces
{
    private readonly ConcurrentDictionary<ArtefactStore, (RunId Run, ItemSpace? Space)> _kept = new();

    /// <summary>Of the model that was published, else (a baseline was) of the holdout model; null where the run has neither, or its files are not here.</summary>
    public ItemSpace? Of(ArtefactStore store, RunId run)
    {
        if (_kept.TryGetValue(store, out var kept) && kept.Run == run) return kept.Space;
        var space = new[] { Artefact.Model, Artefact.HoldoutModel }.Select(name => store.Find(run, name)).OfType<Artefact>().Select(ItemSpace.Of).FirstOrDefault(found => found is not null);
        _kept[store] = (run, space);
        return space;
    }
}
