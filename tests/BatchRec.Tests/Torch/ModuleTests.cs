using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Tests.Torch;

[Collection(LibtorchCollection.Name)]
public class ModuleTests
{
    [Fact]
    public void Fields_are_found_in_their_order_and_named_by_their_path()
    {
        using var model = new Model(1);
        Assert.Equal(
            ["scale", "blocks.0.linear.weight", "blocks.0.linear.bias", "blocks.1.linear.weight", "blocks.1.linear.bias", "norm.weight", "norm.bias"],
            model.named_parameters().Select(pair => pair.name));
        Assert.Equal("offset", Assert.Single(model.named_buffers()).name);
        Assert.Equal(["blocks", "norm"], model.named_children().Select(pair => pair.name));
        Assert.Equal(["blocks", "norm", "blocks.0", "blocks.1", "blocks.0.linear", "blocks.1.linear"], model.named_modules().Select(pair => pair.name));
    }

    [Fact]
    public void A_saved_module_loads_into_another_and_computes_the_same()
    {
        using var scope = NewDisposeScope();
        using var saved = new Model(1);
        using var loaded = new Model(2);
        var x = randn(2, 3);
        Assert.False(saved.call(x).allclose(loaded.call(x)));
        using var stream = new MemoryStream();
        saved.save(stream);
        // TorchSharp has closed the stream by now.
        using var reader = new BinaryReader(new MemoryStream(stream.ToArray()));
        loaded.load(reader);
        Assert.True(saved.call(x).allclose(loaded.call(x), rtol: 0, atol: 0));
    }

    [Fact]
    public void Training_mode_and_cleared_gradients_reach_every_part()
    {
        using var scope = NewDisposeScope();
        using var model = new Model(1);
        model.eval();
        Assert.All(model.named_modules(), pair => Assert.False(pair.module.training));
        model.train();
        Assert.All(model.named_modules(), pair => Assert.True(pair.module.training));
        model.call(randn(2, 3)).sum().backward();
        Assert.All(model.parameters(), parameter => Assert.NotNull(parameter.grad));
        model.zero_grad();
        Assert.All(model.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [Fact]
    public void Layers_start_and_compute_as_their_formulas_say()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var linear = Linear(100, 50);
        Assert.InRange(linear.weight.abs().max().item<float>(), 0.09f, 0.1f);
        var x = randn(3, 100);
        Assert.True((x.mm(linear.weight.t()) + linear.bias!).allclose(linear.call(x), atol: 1e-5));

        using var embedding = Embedding(5, 2, padding_idx: 3);
        Assert.Equal([0f, 0f], embedding.call(tensor(new[] { 3 })).data<float>().ToArray());

        using var dropout = Dropout(0.5);
        dropout.eval();
        Assert.True(dropout.call(x).allclose(x));
        dropout.train();
        Assert.False(dropout.call(x).allclose(x));

        var wide = init.normal_(empty(200, 200), std: 0.02);
        Assert.Equal(0.02, wide.square().mean().sqrt().item<float>(), 1e-3);
        var xavier = init.xavier_normal_(empty(100, 300));
        Assert.Equal(Math.Sqrt(2.0 / 400), xavier.square().mean().sqrt().item<float>(), 1e-3);
    }

    [Fact]
    public void Disposing_a_module_releases_its_parameters()
    {
        var model = new Model(1);
        var parameters = model.parameters().ToArray();
        model.Dispose();
        Assert.All(parameters, parameter => Assert.True(parameter.IsInvalid));
    }

    private sealed class Model : Module<Tensor, Tensor>
    {
        private readonly ModuleList<Block> blocks;
        private readonly LayerNorm norm = LayerNorm(3);
        private readonly Parameter scale;
        private readonly Tensor offset = full(3, 0.5);

        public Model(long seed) : base("model")
        {
            manual_seed(seed);
            blocks = ModuleList(new Block(), new Block());
            scale = Parameter(randn(3));
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            foreach (var block in blocks) x = block.call(x);
            return norm.forward(x) * scale + offset;
        }
    }

    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly Linear linear = Linear(3, 3);

        public Block() : base("block") => RegisterComponents();

        public override Tensor forward(Tensor x) => x + functional.gelu(linear.forward(x));
    }
}
