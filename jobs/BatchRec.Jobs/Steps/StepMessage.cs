using System.Text.Json;
using System.Text.Json.Serialization;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Jobs.Steps;

/// <summary>What a step's child process says on its standard output, a JSON line each. Its log goes to standard error.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Progressed), "progress")]
[JsonDerivedType(typeof(Ended), "result")]
[JsonDerivedType(typeof(Stopped), "stopped")]
[JsonDerivedType(typeof(Faulted), "fault")]
public abstract record StepMessage
{
    public sealed record Progressed(StepProgress Progress) : StepMessage;

    /// <summary>The last line of a step that did its work.</summary>
    /// <param name="PeakMemoryBytes">Of its process, which is gone when the parent looks.</param>
    public sealed record Ended(StepResult Result, long? PeakMemoryBytes) : StepMessage;

    /// <summary>The last line of a step that was asked to stop, and has written its checkpoint.</summary>
    public sealed record Stopped : StepMessage;

    /// <param name="Mendable">A person has to mend it (<see cref="BatchRecException"/>): trying again gives the same.</param>
    /// <param name="Superseded">Another attempt has taken over (<see cref="SupersededException"/>): nothing has failed.</param>
    public sealed record Faulted(string Message, bool Mendable, bool Superseded = false) : StepMessage;

    // A loss that is NaN is a message too.
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public string ToLine() => JsonSerializer.Serialize(this, Json);

    /// <summary>Null for a line that is no message: native libraries print where they like.</summary>
    public static StepMessage? Parse(string line)
    {
        if (!line.StartsWith("{\"kind\":", StringComparison.Ordinal)) return null;
        try
        {
            return JsonSerializer.Deserialize<StepMessage>(line, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
