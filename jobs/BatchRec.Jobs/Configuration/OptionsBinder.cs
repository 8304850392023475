using System.Collections;
using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace BatchRec.Jobs.Configuration;

/// <summary>
/// Reads option records from configuration. Unlike the framework's binder it collects every fault instead of throwing the first, takes a key
/// that no option has for the typing error that it is, and lets a list replace the default list instead of adding to it.
/// </summary>
public static class OptionsBinder
{
    /// <summary>A new <typeparamref name="T"/> with what the layers say; where several say something, the last one counts.</summary>
    /// <param name="faults">Takes a sentence for each value or key that can't be used.</param>
    public static T Bind<T>(IReadOnlyList<IConfiguration> layers, ICollection<string> faults) where T : class => (T)Bind(typeof(T), layers, faults);

    /// <summary>The options of a record type by name, in the order in which they are declared.</summary>
    public static IEnumerable<PropertyInfo> OptionsOf(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite && property.GetIndexParameters().Length == 0);

    /// <summary>True for a record of options, false for a value.</summary>
    public static bool IsSection(Type type) =>
        type.IsClass && type != typeof(string) && !type.IsArray && !typeof(IEnumerable).IsAssignableFrom(type);

    private static object Bind(Type type, IReadOnlyList<IConfiguration> layers, ICollection<string> faults)
    {
        var bound = Activator.CreateInstance(type)!;
        var options = OptionsOf(type).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var stranger in layers.SelectMany(layer => layer.GetChildren()).Where(child => !options.ContainsKey(child.Key)))
            faults.Add(Unknown(stranger, options.Keys));

        foreach (var option in options.Values)
        {
            var said = layers.Select(layer => layer.GetSection(option.Name)).Where(section => section.Exists()).ToList();
            if (said.Count == 0) continue;
            if (IsSection(option.PropertyType))
                option.SetValue(bound, Bind(option.PropertyType, [.. said], faults));
            else if (TryRead(option.PropertyType, said[^1], faults, out var value))
                option.SetValue(bound, value);
        }
        return bound;
    }

    private static bool TryRead(Type type, IConfigurationSection section, ICollection<string> faults, out object? value)
    {
        value = null;
        if (KeyedValueOf(type) is { } valueType)
        {
            var entries = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), valueType))!;
            foreach (var child in EntriesOf(section, valueType))
            {
                if (!TryRead(valueType, child, faults, out var entry)) return false;
                entries[child.Path[(section.Path.Length + 1)..]] = entry;
            }
            value = entries;
            return true;
        }
        if (ElementOf(type) is { } elementType)
        {
            // In an environment variable or on the command line a list is one text: view,cart
            var texts = section.Value is { } joined
                ? joined.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                : [.. section.GetChildren().Select(child => child.Value ?? "")];
            var elements = Array.CreateInstance(elementType, texts.Length);
            for (var i = 0; i < texts.Length; i++)
            {
                if (!TryConvert(elementType, texts[i], section.Path, faults, out var element)) return false;
                elements.SetValue(element, i);
            }
            value = elements;
            return true;
        }
        if (section.Value is not { } text)
        {
            faults.Add($"{section.Path} is a section; write {Wanted(type)}.");
            return false;
        }
        return TryConvert(type, text, section.Path, faults, out value);
    }

    /// <summary>Of texts all that have one: a name with a colon, such as <c>Train:Dropout</c>, is a section within a section to configuration.</summary>
    private static IEnumerable<IConfigurationSection> EntriesOf(IConfigurationSection section, Type valueType) => section.GetChildren()
        .SelectMany(child => valueType == typeof(string) && child.Value is null ? EntriesOf(child, valueType) : [child]);

    private static bool TryConvert(Type type, string text, string path, ICollection<string> faults, out object? value)
    {
        value = null;
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            if (text.Length == 0) return true;
            type = underlying;
        }
        try
        {
            // Enum.Parse takes any number for a member.
            if (type.IsEnum && !Enum.GetNames(type).Contains(text, StringComparer.OrdinalIgnoreCase)) throw new FormatException();
            value = TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
            return true;
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            faults.Add($"{path} is '{text}'; write {Wanted(type)}.");
            return false;
        }
    }

    /// <summary>What to write for a value of a type, in words.</summary>
    public static string Wanted(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        { IsEnum: true } choice => string.Join(" or ", Enum.GetNames(choice).Select(name => name.ToLowerInvariant())),
        var number when number == typeof(int) || number == typeof(long) => "a whole number",
        var number when number == typeof(double) || number == typeof(float) || number == typeof(decimal) => "a number such as 0.25",
        var flag when flag == typeof(bool) => "true or false",
        var span when span == typeof(TimeSpan) => "a duration such as 01:30:00",
        var time when time == typeof(DateTimeOffset) || time == typeof(DateTime) => "an instant such as 2026-03-01T04:00:00Z",
        var text when text == typeof(string) => "text",
        var keyed when KeyedValueOf(keyed) is { } value => $"names, each with {Wanted(value)}",
        var list when ElementOf(list) is { } element => $"a list: {Wanted(element)}",
        var number when number == typeof(ulong) => "a whole number, 0 or more",
        var other => $"a {other.Name}",
    };

    private static Type? KeyedValueOf(Type type) =>
        type.IsGenericType && type.GetGenericArguments() is [var key, var value] && key == typeof(string) && typeof(IEnumerable).IsAssignableFrom(type) ? value : null;

    private static Type? ElementOf(Type type) =>
        type == typeof(string) ? null
        : type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericArguments() is [var element] && typeof(IEnumerable).IsAssignableFrom(type) ? element : null;

    private static string Unknown(IConfigurationSection stranger, IEnumerable<string> options)
    {
        var parent = stranger.Path[..^stranger.Key.Length];
        var nearest = options.MinBy(option => Distance(option, stranger.Key));
        return nearest is not null && Distance(nearest, stranger.Key) <= 1 + nearest.Length / 4
            ? $"{stranger.Path} is not an option; did you mean {parent}{nearest}?"
            : $"{stranger.Path} is not an option; remove it (`batchrec config show` lists all).";
    }

    /// <summary>Levenshtein's, without case.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var same = char.ToLowerInvariant(one[i - 1]) == char.ToLowerInvariant(other[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(diagonal + (same ? 0 : 1), 1 + Math.Min(row[j], row[j - 1])));
            }
        }
        return row[^1];
    }
}
