using BatchRec.Interactions;

namespace BatchRec.Tests.Train.Features;

/// <summary>Attributes small enough to read: a column a name, a text an index.</summary>
internal static class Told
{
    public static Attributes Of(params (string Name, string?[] Texts)[] columns) =>
        new(columns.Select(column => (column.Name, (Func<int, string?>)(index => (uint)index < (uint)column.Texts.Length ? column.Texts[index] : null))));

    /// <summary>The same log, by whose indices that is told.</summary>
    public static Sequences With(this Sequences log, Attributes? items = null, Attributes? users = null) => new()
    {
        UserCount = log.UserCount, ItemCount = log.ItemCount, Offsets = log.Offsets, Items = log.Items, Times = log.Times, Events = log.Events, Values = log.Values,
        EventTypes = log.EventTypes, ItemAttributes = items ?? Attributes.None, UserAttributes = users ?? Attributes.None,
    };
}
