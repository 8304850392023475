using BatchRec.Jobs.Dashboard;
using BatchRec.Jobs.Dashboard.Charts;
using BatchRec.Recommend;
using BatchRec.Runs;

namespace BatchRec.Jobs.Reports;

/// <summary>Where the model looks: a row a user, a cell an event, and what the user gets with what speaks for it.</summary>
internal static class AttentionSection
{
    private const int Columns = 30;

    /// <param name="titles">by item id</param>
    public static Markup Of(AttentionSample? sample, IReadOnlyDictionary<string, string> titles)
    {
        if (sample is null || sample.Users.Count == 0) return Markup.None;
        string Title(string item) => titles.GetValueOrDefault(item, item);
        var rows = sample.Users.Select(user => new HeatRow($"user {user.UserId}", $"{user.Events.Count} events, {user.Events.Sum(one => one.Weight):P0} of the weight",
            [.. user.Events.Select(one => ((double)one.Weight, $"{Title(one.ItemId)}, {one.EventType} {one.Time:yyyy-MM-dd}"))])).ToList();
        return Markup.Of($"""
            <section class="br-card" id="attention"><h2>Where the model looks{(sample.Artefact == Artefact.HoldoutModel ? " (the one that was judged: a baseline's lists are published)" : "")}</h2>{HeatMap.Draw(
                "Attention of the user's vector to the last events", "The newest event is on the right; the darker, the more weight, each row by its own largest. Through several layers it is attention rollout. It shows where the model looked, which is no proof of what an item came from.", rows, Columns, "P1")}</section>
            <section class="br-card" id="lists"><h2>What these users get <small>and what of their history the model holds for alike</small></h2>
            <div class="br-scroll"><table class="table table-condensed"><thead><tr><th scope="col">User</th><th scope="col">First items, each with what speaks for it</th></tr></thead>
            <tbody>{sample.Users.Select(user => Markup.Of($"""<tr><td>{user.UserId}</td><td><ol>{user.Items.Select(item => Markup.Of($"""<li>{Title(item.ItemId)}{Because(item, Title)}</li>"""))}</ol></td></tr>"""))}</tbody></table></div></section>
            """);
    }

    private static Markup Because(SampledItem item, Func<string, string> title) =>
        item.Because.Count == 0 ? Markup.None : Markup.Of($" <small>because of {string.Join(" and ", item.Because.Select(title))}</small>");
}
