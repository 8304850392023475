using BatchRec.Train;
using BatchRec.Tune;
using Xunit;

namespace BatchRec.Tests.Tune;

public sealed class SearchSpaceTests
{
    [Fact]
    public void The_default_space_has_no_fault_and_no_value_that_training_refuses()
    {
        var options = new TuneOptions();
        Assert.Empty(options.Faults());
        Assert.Empty(SearchSpace.Parse(options.Space).Refused(new TrainOptions()));
    }

    [Fact]
    public void Every_fault_of_the_options_is_reported_with_what_to_write_instead()
    {
        var faults = new TuneOptions
        {
            Space = new Dictionary<string, string>(), Search = (TuneSearch)9, MaxMinutes = double.NaN, MaxTrials = 0, RandomTrials = 0, Reduction = 1, MinEpochs = 0,
        }.Faults().ToArray();
        Assert.Equal(7, faults.Length);
        Assert.All(faults, fault => Assert.Matches("^Tune:.*(use|name) ", fault));
    }

    [Theory]
    [InlineData("Train:Droput", "0.1..0.5", "Tune:Space:Train:Droput is not an option of training; name one such as Train:Dropout")]
    [InlineData("Recommend:TopN", "1..5", "is not an option of training")]
    [InlineData("Train:ValidationUsers", "1..5", "changes what it is measured on; remove it")]
    [InlineData("Train:ItemFeatures", "category|price", "is a list, and only numbers, switches and names are searched")]
    [InlineData("Train:Dropout", "0.3", "Tune:Space:Train:Dropout is '0.3'; write a range such as 0.1..0.5")]
    [InlineData("Train:Dropout", "", "write a range such as")]
    [InlineData("Train:Dropout", "0.5..0.1", "write the smaller end first")]
    [InlineData("Train:Dropout", "0.1..0.1", "two different ones")]
    [InlineData("Train:Dropout", "low..high", "'low' is no number: write a range such as")]
    [InlineData("Train:Dropout", "0.1..0.2..0.3", "write a range such as")]
    [InlineData("Train:Dropout", "0.1|x", "'x' is no value of this option")]
    [InlineData("Train:LearningRate", "log 0..0.1", "has to begin above 0")]
    [InlineData("Train:Layers", "1..2.5", "'2.5' is no whole number: write a range such as 1..4")]
    [InlineData("Train:Loss", "full..bce", "this option is no number: write choices such as full|sampled|gbce")]
    [InlineData("Train:Loss", "full|", "'' is no value")]
    [InlineData("Train:Loss", "full|full", "write each choice once")]
    [InlineData("Train:Gates", "yes|no", "'yes' is no value of this option: write true|false")]
    public void What_is_no_range_says_why(string option, string range, string why)
    {
        var ranges = new Dictionary<string, string> { [option] = range };
        Assert.Contains(why, Assert.Single(SearchSpace.Faults(ranges)));
        Assert.Contains(why, Assert.Throws<BatchRecException>(() => SearchSpace.Parse(ranges)).Message);
    }

    [Fact]
    public void Draws_lie_in_their_ranges_and_reach_all_of_them()
    {
        var space = SearchSpace.Parse(new Dictionary<string, string>
        {
            ["train:dropout"] = "0.1..0.5", ["Train:LearningRate"] = "log 1e-4 .. 1e-2", ["Train:Layers"] = "1..4", ["Train:Negatives"] = "log 16..256", ["Train:Loss"] = "full | gbce", ["Train:Gates"] = "true|false",
        });
        var options = Enumerable.Range(0, 2000).Select(i => SearchSpace.Apply(new TrainOptions(), space.Draw(1, (ulong)i))).ToList();
        Assert.All(options, one => Assert.Empty(one.Faults()));
        Assert.All(options, one => Assert.InRange(one.Dropout, 0.1, 0.5));
        Assert.Equal(0.3, options.Average(one => one.Dropout), 0.02);
        // Half of them below the middle of the logarithms.
        Assert.Equal(1000, options.Count(one => one.LearningRate < 1e-3), 100.0);
        Assert.Equal(1000, options.Count(one => one.Negatives < 64), 100.0);
        Assert.All(Enumerable.Range(1, 4), layers => Assert.Equal(500, options.Count(one => one.Layers == layers), 90.0));
        Assert.Equal(1000, options.Count(one => one.Loss == "gbce"), 100.0);
        Assert.Equal(1000, options.Count(one => one.Gates), 100.0);
    }

    [Fact]
    public void A_number_is_the_same_however_it_is_written()
    {
        var faults = new List<string>();
        var dimension = Assert.IsType<CategoricalDimension>(Dimension.Parse("Train:LearningRate", "1e-6|0.0010|5E-3", faults));
        Assert.Empty(faults);
        // As configuration has it, and as a jsonb column gives it back.
        Assert.Equal(dimension.Choices, ((string[])["0.000001", "1e-3", "0.0050"]).Select(text => OptionText.Of(System.Text.Json.Nodes.JsonNode.Parse(text)!)));
        Assert.Equal("0.001", OptionText.Of(OptionText.ToJson("0.001")));
        Assert.Equal("sampled", OptionText.Of(OptionText.ToJson("sampled")));
        Assert.Equal("true", OptionText.Of(OptionText.ToJson("true")));
    }

    [Fact]
    public void Values_are_options_and_options_are_values()
    {
        var space = SearchSpace.Parse(new TuneOptions().Space);
        var configured = new TrainOptions { Dropout = 0.15, TimeGaps = true };
        var values = space.ValuesOf(configured);
        Assert.Equal(("0.15", "true", "0.002", "64"), (values["Train:Dropout"], values["Train:TimeGaps"], values["Train:LearningRate"], values["Train:Dimensions"]));
        Assert.Equal(configured, SearchSpace.Apply(configured, values));
        Assert.Equal(configured with { Loss = "bce", Dropout = 0.5 }, SearchSpace.Apply(configured, new Dictionary<string, string> { ["Train:Loss"] = "bce", ["Train:Dropout"] = "0.5" }));
    }
}
