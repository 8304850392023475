using System.Text.Json.Nodes;
using Dapper;
using Npgsql;

namespace BatchRec.Tune;

/// <summary>The trials of a tuning in <c>batchrec.tuning_trial</c>, a row each.</summary>
public sealed class TrialRows(NpgsqlDataSource results, string tuning) : ITrialStore
{
    public IReadOnlyList<Trial> Read()
    {
        using var connection = results.OpenConnection();
        return [.. connection.Query<Row>(Sql.Read("tune/trials.sql"), new { tuning }).Select(row => row.ToTrial())];
    }

    public void Write(Trial trial)
    {
        using var connection = results.OpenConnection();
        connection.Execute(Sql.Read("tune/write_trial.sql"), new
        {
            tuning, trial = trial.Number, options = OptionText.ToJson(trial.Values).ToJsonString(), state = trial.State.ToString().ToLowerInvariant(), trial.Rung, trial.Schedule,
            ndcg = double.IsNaN(trial.Ndcg) ? (double?)null : trial.Ndcg, curve = trial.Curve.ToArray(), trial.Seconds, trial.Message,
        });
    }

    private sealed record Row
    {
        public required int Trial { get; init; }
        public required string Options { get; init; }
        public required string State { get; init; }
        public required int Rung { get; init; }
        public required int Schedule { get; init; }
        public required double[] Curve { get; init; }
        public required double Seconds { get; init; }
        public string? Message { get; init; }

        public Trial ToTrial() => new()
        {
            Number = Trial, Values = OptionText.Of(JsonNode.Parse(Options)!.AsObject()), State = Enum.Parse<TrialState>(State, ignoreCase: true), Rung = Rung, Schedule = Schedule,
            Curve = Curve, Seconds = Seconds, Message = Message,
        };
    }
}
