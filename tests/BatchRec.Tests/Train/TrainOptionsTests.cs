using BatchRec.Configuration;
using BatchRec.Recommend;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Train;

public class TrainOptionsTests
{
    [Fact]
    public void The_defaults_have_no_fault() => Assert.Empty(new TrainOptions().Faults());

    [Fact]
    public void All_faults_are_told_at_once_each_naming_its_option_and_what_to_write()
    {
        var options = new TrainOptions
        {
            Encoder = "bert", Dimensions = 0, Layers = 0, Heads = 0, Dropout = 1, MaxLength = 0, BatchSize = 0, LearningRate = 0, WeightDecay = -1, ClipNorm = -1, AdversarialNorm = -1,
            MaxEpochs = 0, Patience = -1, Restarts = -1, WarmupSteps = -1, DecayShare = 2, FeedForward = "relu", FeedForwardDimensions = 0, Scores = "euclid", Temperature = 0,
            Targets = "later", Loss = "hinge", FullLossItems = -1, Negatives = 0, InBatchNegatives = 2, Calibration = -1, Window = -1, TopKeys = -1, PoolingQuery = "first", AverageDecay = 1, Device = "tpu", HeadPrecision = "fp8", Threads = -1, ValidationUsers = -1, ItemFeatures = ["price:heavy"], UserFeatures = [" "], IdDropout = 1, EveryDays = 0, MaxMinutes = -1, Members = 0,
        };
        var faults = options.Faults().ToArray();
        // Switches and the seed take any value of their type, rotary positions any but with odd heads.
        var named = typeof(TrainOptions).GetProperties().Where(property => property.CanWrite).Select(property => property.Name).Except(["Gates", "Seed", "Refit", "RotaryPositions", "EventTypes", "EventValues", "TimeGaps", "QueryGap"]);
        Assert.Equal(named.Order(), faults.Select(fault => fault.Split(' ')[0]["Train:".Length..]).Order());
        Assert.All(faults, fault => Assert.Contains("; use ", fault));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_not_a_finite_number_is_a_fault(double value)
    {
        var options = new TrainOptions
        {
            Dropout = value, LearningRate = value, WeightDecay = value, ClipNorm = value, DecayShare = value, Temperature = value, AverageDecay = value, MaxMinutes = value,
            InBatchNegatives = value, Calibration = value, IdDropout = value,
        };
        Assert.Equal(11, options.Faults().Count());
    }

    [Fact]
    public void Items_without_events_need_features_to_be_recommended_by()
    {
        var options = new PipelineOptions { Recommend = new RecommendOptions { UntouchedItems = true } };
        Assert.Contains("use false", Assert.Single(options.Faults(), fault => fault.StartsWith("Recommend:UntouchedItems", StringComparison.Ordinal)));
        Assert.DoesNotContain((options with { Train = new TrainOptions { ItemFeatures = ["*"] } }).Faults(), fault => fault.StartsWith("Recommend:UntouchedItems", StringComparison.Ordinal));
    }

    [Fact]
    public void Heads_must_divide_the_dimensions() =>
        Assert.Contains("divides Train:Dimensions (64)", Assert.Single(new TrainOptions { Heads = 3 }.Faults()));

    [Fact]
    public void Rotary_positions_need_heads_of_an_even_width()
    {
        var options = new TrainOptions { Dimensions = 6, Heads = 2 };
        Assert.StartsWith("Train:RotaryPositions", Assert.Single(options.Faults()));
        Assert.Empty((options with { RotaryPositions = false }).Faults());
    }
}
