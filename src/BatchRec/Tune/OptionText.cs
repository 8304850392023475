using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchRec.Tune;

/// <summary>An option's value as text, and in JSON as what it is: a number, a switch, or a text.</summary>
internal static class OptionText
{
    public static JsonNode ToJson(string text) =>
        text is "true" or "false" ? JsonValue.Create(text == "true")
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? JsonNode.Parse(Of(number))!
        : JsonValue.Create(text);

    /// <summary>Of a number always the same text, however a file or a column writes it.</summary>
    public static string Of(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>(),
        JsonValueKind.Number => Of(value.GetValue<double>()),
        _ => value.ToJsonString(),
    };

    public static string Of(double number) => number.ToString(CultureInfo.InvariantCulture);

    public static JsonObject ToJson(IReadOnlyDictionary<string, string> values) => new(values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)ToJson(value.Value))));

    public static IReadOnlyDictionary<string, string> Of(JsonObject values) => values.ToDictionary(value => value.Key, value => Of(value.Value!));
}
