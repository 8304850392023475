using BatchRec.Tests.Torch;
using BatchRec.Train;
using BatchRec.Train.Losses;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train;

[Collection(LibtorchCollection.Name)]
public class RowsAdamWTests
{
    [Fact]
    public void Rows_touched_at_every_step_go_where_AdamW_takes_them_and_the_others_rest()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var table = randn(6, 3);
        var before = table.clone();
        var touched = tensor(new long[] { 4, 1 });
        var twin = new Parameter(table.index_select(0, touched).detach().clone());
        using var rows = new RowsAdamW(table, decay: 0.1);
        using var whole = optim.AdamW([twin], 0.05, weight_decay: 0.1);
        for (var step = 0; step < 5; step++)
        {
            var gradient = randn(2, 3);
            rows.Step(touched, gradient, step, 0.05);
            twin.grad = gradient;
            whole.step();
        }
        Assert.All(Differences(table.index_select(0, touched), twin), difference => Assert.InRange(difference, -1e-6f, 1e-6f));
        var others = tensor(new long[] { 0, 2, 3, 5 });
        Assert.All(Differences(table.index_select(0, others), before.index_select(0, others)), difference => Assert.Equal(0, difference));

        static float[] Differences(Tensor a, Tensor b) => (a - b).detach().data<float>().ToArray();
    }

    [Fact]
    public void A_step_touches_histories_targets_and_negatives_but_no_padding()
    {
        // Two histories of lengths 2 and 1, padded to 3 with row 0.
        // Nothing is asked after item 5: what follows is of its own basket.
        var batch = new Batch(2, 3, [7, 5, 0, 9, 0, 0], [0, 0, 3], [5, 8, 7]) { Lengths = [2, 1] };
        var room = Enumerable.Repeat(-1, 20).ToArray();
        var touched = TouchedRows.Of(batch, new Negatives([5, 11], [0, 0]), room);
        Assert.Equal([7, 5, 9, 8, 11], touched.Rows);
        Assert.Equal([0, 1, 0, 2, 0, 0], touched.Items);
        Assert.Equal([1, 3, 0], touched.Targets);
        Assert.Equal([1, 4], touched.Negatives);
        Assert.All(room, place => Assert.Equal(-1, place));
    }
}
