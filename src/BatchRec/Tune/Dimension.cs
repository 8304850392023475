using System.Globalization;
using System.Reflection;
using BatchRec.Train;

namespace BatchRec.Tune;

/// <summary>One option that is searched, and where.</summary>
/// <param name="Option"><c>Train:Dropout</c></param>
public abstract record Dimension(string Option)
{
    internal const string Section = "Train:";

    /// <summary>What doesn't shape the one model that a trial trains, or changes what it is measured on: trials couldn't be compared.</summary>
    private static readonly string[] Unsearchable =
        [nameof(TrainOptions.Device), nameof(TrainOptions.HeadPrecision), nameof(TrainOptions.Threads), nameof(TrainOptions.Seed), nameof(TrainOptions.ValidationUsers), nameof(TrainOptions.MaxMinutes), nameof(TrainOptions.EveryDays), nameof(TrainOptions.Refit), nameof(TrainOptions.Members)];

    private static readonly Type[] Searched = [typeof(int), typeof(double), typeof(bool), typeof(string)];

    /// <summary>The name of the option in <see cref="TrainOptions"/>.</summary>
    internal string Name => Option[Section.Length..];

    /// <summary>A value, evenly over the range.</summary>
    internal abstract string Draw(ref Randomness random);

    /// <summary>Where some values lie. Those outside of the range say nothing.</summary>
    internal abstract IDensity Density(IEnumerable<string> values);

    /// <summary>The values that an option could refuse: the ends of a range, or all choices.</summary>
    internal abstract IEnumerable<string> Ends { get; }

    /// <param name="faults">Takes a sentence where there is no such option, or the text is no range of it.</param>
    public static Dimension? Parse(string option, string range, ICollection<string> faults)
    {
        var path = $"Tune:Space:{option}";
        var name = option.StartsWith(Section, StringComparison.OrdinalIgnoreCase) ? option[Section.Length..] : "";
        var property = typeof(TrainOptions).GetProperty(name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
        var fault = property is not { CanWrite: true } ? "is not an option of training; name one such as Train:Dropout (`batchrec config show` lists all)."
            : !Searched.Contains(property.PropertyType) ? "is a list, and only numbers, switches and names are searched; set it in the configuration and remove it here."
            : Unsearchable.Contains(property.Name) ? "is nothing to search: it doesn't shape the model, or changes what it is measured on; remove it."
            : null;
        if (fault is not null)
        {
            faults.Add($"{path} {fault}");
            return null;
        }
        var (type, canonical) = (property!.PropertyType, Section + property.Name);
        string[] choices = range.Split('|', StringSplitOptions.TrimEntries);
        var isLog = range.StartsWith("log ", StringComparison.OrdinalIgnoreCase);
        string[] ends = (isLog ? range[4..] : range).Split("..", StringSplitOptions.TrimEntries);
        fault = choices.Length > 1 ? ChoiceFault(choices, type)
            : ends.Length != 2 ? $"write {Wanted(type)}"
            : RangeFault(ends, type, isLog);
        if (fault is not null)
        {
            faults.Add($"{path} is '{range}'; {fault}.");
            return null;
        }
        return choices.Length > 1
            ? new CategoricalDimension(canonical, type == typeof(int) || type == typeof(double) ? Array.ConvertAll(choices, choice => OptionText.Of(Number(choice)!.Value)) : choices)
            : new NumericDimension(canonical, Number(ends[0])!.Value, Number(ends[1])!.Value, type == typeof(int), isLog);
    }

    private static string? ChoiceFault(string[] choices, Type type) =>
        choices.FirstOrDefault(choice => choice.Length == 0 || !Fits(choice, type)) is { } wrong ? $"'{wrong}' is no value of this option: write {Wanted(type)}"
        : choices.Distinct().Count() < choices.Length ? "write each choice once"
        : null;

    private static string? RangeFault(string[] ends, Type type, bool isLog) =>
        type != typeof(int) && type != typeof(double) ? $"this option is no number: write {Wanted(type)}"
        : ends.FirstOrDefault(end => Number(end) is null || !Fits(end, type)) is { } wrong ? $"'{wrong}' is no {(type == typeof(int) ? "whole number" : "number")}: write {Wanted(type)}"
        : Number(ends[0]) >= Number(ends[1]) ? "write the smaller end first, and two different ones"
        : isLog && Number(ends[0]) <= 0 ? "a logarithmic range has to begin above 0"
        : null;

    private static string Wanted(Type type) =>
        type == typeof(bool) ? "true|false"
        : type == typeof(string) ? "choices such as full|sampled|gbce"
        : type == typeof(int) ? "a range such as 1..4, log 16..256, or choices such as 32|64|128"
        : "a range such as 0.1..0.5, log 5e-4..5e-3, or choices such as 0.1|0.2";

    private static bool Fits(string text, Type type) =>
        type == typeof(int) ? int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
        : type == typeof(double) ? Number(text) is not null
        : type != typeof(bool) || text is "true" or "false";

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}

/// <summary>A distribution over the values of a dimension.</summary>
internal interface IDensity
{
    string Draw(ref Randomness random);

    /// <summary>Up to a factor that is the same for all densities of the dimension.</summary>
    double At(string value);
}
