using BatchRec.Configuration;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Dashboard;
using BatchRec.Runs;

namespace BatchRec.Jobs.Reports;

/// <summary>What a run was configured with, where that differs from the defaults.</summary>
internal static class OptionsSection
{
    public static Markup Of(RunRow run)
    {
        var changes = OptionChange.Between(Setup.Recorded(new PipelineOptions()).ToJsonString(), run.Options).Where(change => change.After is not null).ToList();
        return Markup.Of($"""
            <section class="br-card" id="options"><h2>Options that differ from the defaults</h2>{(changes.Count == 0 ? Markup.Of($"<p>None.</p>") : Markup.Of($"""
                <div class="br-scroll"><table class="table table-condensed"><thead><tr><th scope="col">Option</th><th scope="col">Default</th><th scope="col">This run</th></tr></thead>
                <tbody>{changes.Select(change => Markup.Of($"<tr><td>{change.Name}</td><td>{change.Before}</td><td>{change.After}</td></tr>"))}</tbody></table></div>
                """))}</section>
            """);
    }
}
