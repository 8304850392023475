using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Torch;

[Collection(LibtorchCollection.Name)]
public class AdamWTests
{
    [Fact]
    public void Steps_equal_the_published_algorithm_group_by_group()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Start([1.0, -2.0, 3.0]), Start([0.5, 4.0]));
        using var optimizer = optim.AdamW(
            [new AdamW.ParamGroup { Parameters = [a], Options = new AdamW.Options { weight_decay = 0.1 } }, new AdamW.ParamGroup { Parameters = [b] }],
            lr: 0.01, beta2: 0.98, eps: 1e-9);
        var (managedA, managedB) = (new Managed([1.0, -2.0, 3.0], 0.1), new Managed([0.5, 4.0], 0));
        for (var step = 1; step <= 20; step++)
        {
            optimizer.zero_grad();
            ((a * a * a).sum() + (b * b).sum()).backward();
            optimizer.step();
            managedA.Step(x => 3 * x * x, step);
            managedB.Step(x => 2 * x, step);
        }
        Close(managedA.Values, a);
        Close(managedB.Values, b);
    }

    [Fact]
    public void A_parameter_without_a_gradient_stays()
    {
        using var scope = NewDisposeScope();
        var (used, unused) = (Start([1.0]), Start([7.0]));
        using var optimizer = optim.AdamW([used, unused], weight_decay: 0.5);
        (used * 2.0).sum().backward();
        optimizer.step();
        Assert.Equal(7.0, unused.item<double>());
        Assert.NotEqual(1.0, used.item<double>());
    }

    [Fact]
    public void A_restored_state_continues_as_if_undisturbed()
    {
        using var scope = NewDisposeScope();
        var undisturbed = Start([1.0, 2.0]);
        using var first = optim.AdamW([undisturbed], lr: 0.1);
        Run(undisturbed, first, 3);
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            first.save_state_dict(writer);
            undisturbed.Save(writer);
        }
        Run(undisturbed, first, 3);

        var resumed = Start([0.0, 0.0]);
        using var second = optim.AdamW([resumed], lr: 0.7);
        stream.Position = 0;
        using (var reader = new BinaryReader(stream))
        {
            second.load_state_dict(reader);
            resumed.Load(reader);
        }
        Run(resumed, second, 3);
        Assert.Equal(undisturbed.data<double>().ToArray(), resumed.data<double>().ToArray());

        static void Run(Parameter x, AdamW optimizer, int steps)
        {
            for (var i = 0; i < steps; i++)
            {
                optimizer.zero_grad();
                (x * x).sum().backward();
                optimizer.step();
            }
        }
    }

    [Fact]
    public void Clipping_scales_all_gradients_together()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Start([0.0]), Start([0.0]));
        ((a * 3.0).sum() + (b * 4.0).sum()).backward();
        Assert.Equal(5, nn.utils.clip_grad_norm_([a, b], 1), 1e-6);
        Assert.Equal(0.6, a.grad!.item<double>(), 1e-6);
        Assert.Equal(0.8, b.grad!.item<double>(), 1e-6);
        // Short enough by now: nothing changes.
        nn.utils.clip_grad_norm_([a, b], 10);
        Assert.Equal(0.6, a.grad!.item<double>(), 1e-6);
    }

    private static Parameter Start(double[] values) => new(tensor(values));

    private static void Close(double[] expected, Tensor actual) =>
        Assert.All(expected.Zip(actual.data<double>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-13));

    /// <summary>Algorithm 2 of Loshchilov and Hutter (2019), with lr 0.01, β 0.9 and 0.98, ε 1e-9.</summary>
    private sealed class Managed(double[] values, double decay)
    {
        private readonly double[] _m = new double[values.Length], _v = new double[values.Length];

        public double[] Values => values;

        public void Step(Func<double, double> derivative, int step)
        {
            for (var i = 0; i < values.Length; i++)
            {
                var g = derivative(values[i]);
                _m[i] = 0.9 * _m[i] + 0.1 * g;
                _v[i] = 0.98 * _v[i] + 0.02 * g * g;
                var (m, v) = (_m[i] / (1 - Math.Pow(0.9, step)), _v[i] / (1 - Math.Pow(0.98, step)));
                values[i] -= 0.01 * (m / (Math.Sqrt(v) + 1e-9) + decay * values[i]);
            }
        }
    }
}
