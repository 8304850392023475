using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Tests.Recommend;
using BatchRec.Train;

namespace BatchRec.Tests.Train;

public class SasrecCheckerboardTests : Checkerboard
{
    private static readonly Lazy<SasrecRecommender> Trained = new(() =>
    {
        var options = Histories.Small with { Dimensions = 32, MaxLength = 24, MaxEpochs = 40, DecayShare = 1 };
        var folder = Directory.CreateTempSubdirectory("checkerboard-");
        var result = Training.Refit(Train, options, 1, options.MaxEpochs, averaged: false, folder.FullName, null, CancellationToken.None);
        folder.Delete(recursive: true);
        return new SasrecRecommender(result.Model, Train.ItemCount);
    });

    protected override IRecommender Fit(Sequences train) => Trained.Value;

    /// <summary>Products over other shapes sum in another order.</summary>
    protected override float Tolerance => 1e-3f;
}
