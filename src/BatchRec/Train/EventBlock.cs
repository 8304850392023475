using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>What the model is told of a block of events beside their items, as rows of <see cref="EventInputs"/>' tables; 0 where padded, empty where the options leave it out.</summary>
/// <param name="Types">(events) <see cref="EventInputs.Type"/></param>
/// <param name="Gaps">(events) <see cref="EventInputs.Gap"/></param>
/// <param name="Values">(events) <see cref="EventInputs.Value"/></param>
internal sealed record EventBlock(int[] Types, int[] Gaps, int[] Values)
{
    public static readonly EventBlock None = new([], [], []);

    /// <param name="rows">B; the events are B histories, one after the other</param>
    public EventTensors ToTensors(int rows, Device device)
    {
        return new EventTensors(Of(Types), Of(Gaps), Of(Values));

        Tensor? Of(int[] of) => of.Length == 0 ? null : tensor(of, [rows, of.Length / rows], device: device);
    }
}

/// <summary>An <see cref="EventBlock"/> on its device: (B, L) each, null where the options leave it out.</summary>
internal readonly record struct EventTensors(Tensor? Types = null, Tensor? Gaps = null, Tensor? Values = null);
