using BatchRec.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Until disposed, this thread records nothing for gradients.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static unsafe bool is_grad_enabled() => Libtorch.C.GradModeIsEnabled() != 0;

    private sealed unsafe class GradMode : IDisposable
    {
        private readonly byte _before;

        public GradMode(bool enabled)
        {
            _before = Libtorch.C.GradModeIsEnabled();
            Libtorch.C.GradModeSetEnabled(enabled ? (byte)1 : (byte)0);
        }

        public void Dispose() => Libtorch.C.GradModeSetEnabled(_before);
    }

    public static class autograd
    {
        /// <summary>Adds, to the gradients of the graph's leaves, the derivative of the tensors weighted by <paramref name="grad_tensors"/>.</summary>
        /// <param name="tensors">One or several outputs of the graph.</param>
        /// <param name="grad_tensors">As many, in the outputs' shapes; may be left out for outputs of one element.</param>
        /// <param name="retain_graph">Keep the graph for another pass.</param>
        /// <param name="create_graph">Record the pass itself, for higher derivatives.</param>
        /// <param name="inputs">Only these leaves, instead of all.</param>
        public static void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            ArgumentNullException.ThrowIfNull(tensors);
            Tensor[] leaves = inputs is null ? [] : [.. inputs];
            for (var i = 0; i < tensors.Count; i++)
                Operators.Backward.Run(tensors[i], leaves, Argument.Maybe(grad_tensors?[i]), RetainGraph(i), create_graph);

            // Several outputs may share their graph, which the last pass frees.
            Argument RetainGraph(int i) => i < tensors.Count - 1 || (retain_graph ?? create_graph) ? Argument.Maybe(true) : Argument.None;
        }

        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);
    }
}
