using BatchRec.Train;
using BatchRec.Train.Encoders;
using BatchRec.Train.Losses;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Tests.Torch;

[Collection(LibtorchCollection.Name)]
public class MemoryTests
{
    [Fact]
    public void A_thousand_training_steps_keep_the_resident_set_flat()
    {
        // Small operators gain nothing from threads, and wait for each other on a busy machine.
        var threads = get_num_threads();
        set_num_threads(1);
        using var model = new Model();
        using var optimizer = optim.AdamW(model.parameters());
        for (var i = 0; i < 200; i++) Step(i);
        var warm = ResidentBytes();
        for (var i = 0; i < 1_000; i++) Step(i);
        // A leaked (32, 16, 32) activation a step would be 64 MB.
        Assert.InRange(ResidentBytes() - warm, long.MinValue, 16 << 20);
        set_num_threads(threads);

        void Step(int i)
        {
            using var scope = NewDisposeScope();
            var hidden = DropoutMask.Apply(model.call(randint(32, 16)), 0.1, (ulong)i);
            ChunkedCrossEntropy.Backward(functional.normalize(hidden.reshape(-1, Model.Width), dim: -1) * 10.0, model.Items.weight!, randint(32 * 16));
            nn.utils.clip_grad_norm_(model.parameters(), 1);
            optimizer.step();
            optimizer.zero_grad();
        }

        static Tensor randint(params long[] shape) => (rand(shape) * Model.Rows).to(ScalarType.Int64);
    }

    [Fact]
    public void Tensors_that_nobody_disposes_are_collected()
    {
        Forget();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var warm = ResidentBytes();
        for (var i = 0; i < 20; i++)
        {
            Forget();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.InRange(ResidentBytes() - warm, long.MinValue, 64 << 20);

        static void Forget()
        {
            for (var i = 0; i < 10; i++) ones(1 << 20);
        }
    }

    private static long ResidentBytes() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;

    private sealed class Model : Module<Tensor, Tensor>
    {
        public const int Rows = 50, Width = 32;

        private readonly Embedding items = Embedding(Rows, Width);
        private readonly LayerNorm norm = LayerNorm(Width);
        private readonly Linear inner = Linear(Width, Width * 3);

        public Model() : base("model") => RegisterComponents();

        public Embedding Items => items;

        public override Tensor forward(Tensor history)
        {
            var parts = inner.forward(norm.forward(items.forward(history))).unsqueeze(1).chunk(3, 3);
            return functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true).squeeze(1);
        }
    }
}
