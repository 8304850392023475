using BatchRec.Jobs.Dashboard;
using BatchRec.Runs;

namespace BatchRec.Jobs.Reports;

/// <summary>What each step took and came to.</summary>
internal static class StepsSection
{
    public static Markup Of(IReadOnlyList<StepRow> steps) => Markup.Of($"""
        <section class="br-card" id="steps"><h2>Steps</h2><div class="br-scroll"><table class="table table-condensed"><thead><tr><th scope="col">Step</th><th scope="col">State</th><th scope="col" class="br-number">Took</th><th scope="col" class="br-number">Rows</th>
        <th scope="col" class="br-number">Written</th><th scope="col" class="br-number">Peak memory</th><th scope="col">Message</th></tr></thead><tbody>{steps.Select(Row)}</tbody></table></div></section>
        """);

    private static Markup Row(StepRow step) => Markup.Of($"""
        <tr><th scope="row">{Show.Name(step.Step)}</th><td>{Show.State(Show.Name(step.State))}</td><td class="br-number">{(step is { Started: { } started, Finished: { } finished } ? Show.Duration(finished - started) : "")}</td>
        <td class="br-number">{step.Rows:N0}</td><td class="br-number">{(step.Bytes is { } bytes ? Show.Size(bytes) : "")}</td><td class="br-number">{(step.PeakMemoryBytes is { } peak ? Show.Size(peak) : "")}</td><td>{step.Message}</td></tr>
        """);
}
