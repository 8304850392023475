using BatchRec.Tests.Torch;
using BatchRec.Train;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train;

[Collection(LibtorchCollection.Name)]
public class AdversaryTests
{
    [Fact]
    public void A_vector_moves_along_its_gradient_by_a_share_of_its_length_and_one_without_a_gradient_stays()
    {
        using var scope = NewDisposeScope();
        var worst = Adversary.Worst(tensor([3f, 4f, 1f, 2f, 0f, 0f, 3f, 4f, 3f, 4f], [5, 2]), tensor([0f, -1e-6f, 0f, 0f, 1f, 0f, -1e-25f, 0f, 1e-38f, 0f], [5, 2]), 0.1);
        Assert.Equal([3f, 3.5f, 1f, 2f, 0f, 0f, 2.5f, 4f, 3f, 4f], worst.data<float>().ToArray(), (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void No_other_table_as_near_has_a_higher_loss()
    {
        // Softmax over four items, of one user: moved by as much at random, the loss grows less.
        using var scope = NewDisposeScope();
        var random = new Random(4);
        var (user, target) = (tensor(Numbers(4), [1, 4]), tensor([2L]));
        var table = tensor(Numbers(16), [4, 4], requires_grad: true);
        var loss = Loss(table);
        autograd.backward(loss, ones_like(loss));
        var worst = Loss(Adversary.Worst(table, table.grad!, 0.01)).item<float>();
        Assert.True(worst > loss.item<float>());
        for (var i = 0; i < 200; i++) Assert.True(worst >= Loss(Adversary.Worst(table, tensor(Numbers(16), [4, 4]), 0.01)).item<float>());

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(2 * random.NextDouble() - 1))];
        Tensor Loss(Tensor items) => nn.functional.cross_entropy(user.matmul(items.t()), target);
    }
}
