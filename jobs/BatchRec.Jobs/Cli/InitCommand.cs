using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchRec.Extract;
using BatchRec.Jobs.Configuration;
using BatchRec.Propose;
using Npgsql;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec init</c></summary>
internal static class InitCommand
{
    private const int PreviewRows = 5;

    public static Command Build(Invocation invocation)
    {
        var connection = new Option<string?>("--connection") { Description = "Of the shop's database; left out: ConnectionStrings__Source of the environment, else it is asked for.", HelpName = "STRING" };
        var table = new Option<string?>("--table") { Description = "Which table or view holds the interactions; left out: the likeliest is proposed.", HelpName = "SCHEMA.NAME" };
        var yes = new Option<bool>("--yes") { Description = "Take what is proposed without asking." };
        var force = new Option<bool>("--force") { Description = "Write over queries that are there." };
        var command = new Command("init", "Looks at your database, proposes the source's queries with a preview, and writes them. Example: batchrec init --connection 'Host=db;Database=shop;Username=batchrec'")
        {
            connection, table, yes, force,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var text = parsed.GetValue(connection) ?? Environment.GetEnvironmentVariable("ConnectionStrings__Source") ?? Ask("Connection string of the shop's database (Host=…;Database=…;Username=…;Password=…): ");
            var strings = new ConnectionStrings { Source = text };
            if (strings.Faults().ToList() is { Count: > 0 } faults) throw new ConfigurationException(faults);
            await using var databases = await Databases.OpenAsync(strings, cancellation);
            var proposal = Chosen(await SourceProposal.FindAsync(databases.Source, cancellation), parsed.GetValue(table));

            Console.WriteLine($"Interactions, from {proposal.Table.Qualified} ({Size(proposal.Table)}):\n\n{proposal.Interactions}");
            await PreviewAsync(databases.Source, proposal.Interactions, cancellation);
            if (proposal.Items is { } items) Console.WriteLine($"\nItems:\n\n{items}");
            if (!parsed.GetValue(yes) && !Ask("\nWrite this? [y/N] ").StartsWith('y'))
            {
                Console.WriteLine("Nothing was written. Another table: batchrec init --table SCHEMA.NAME");
                return ExitCode.Done;
            }
            WriteQueries(proposal, parsed.GetValue(force));
            WriteSettings(text);
            Console.WriteLine("Next: batchrec migrate, then batchrec doctor, then batchrec run");
            return ExitCode.Done;
        });
        return command;
    }

    private static SourceProposal Chosen(IReadOnlyList<SourceProposal> proposals, string? named)
    {
        var fitting = named is null ? proposals : [.. proposals.Where(proposal => proposal.Table.FullName == named || proposal.Table.Name == named)];
        if (fitting.Count > 1 && named is null)
            Console.WriteLine($"Could be the log: {string.Join(", ", fitting.Select(proposal => $"{proposal.Table.Qualified} ({Size(proposal.Table)})"))}. The first is proposed; --table names another.\n");
        return fitting.Count > 0 ? fitting[0] : throw new BatchRecException(
            (named is null
                ? "No table or view that this user may read has a column for a user, one for an item and one for a time, nor has one that its rows belong to."
                : $"{named} is no table or view that this user may read with a column for an item, and one for a user and one for a time there or in the table that its rows belong to.")
            + " Make a view that has them, or write the query yourself: sql/source/default/interactions.sql says which columns it has to yield.");
    }

    /// <summary>The planner knows nothing of views, and of tables that were never analysed.</summary>
    private static string Size(SourceTable table) => table.Rows > 0 ? $"about {table.Rows:N0} rows" : "nobody knows how many rows";

    private static async Task PreviewAsync(NpgsqlDataSource source, string query, CancellationToken cancellation)
    {
        var sql = SourceQuery.Parse("the proposal", query).Between("'-infinity'", "'infinity'");
        await using var command = source.CreateCommand($"SELECT * FROM ({sql}) AS proposed LIMIT {PreviewRows}");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<IReadOnlyList<string>>();
        while (await reader.ReadAsync(cancellation)) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? "" : reader.GetValue(column) is DateTime time ? $"{time:yyyy-MM-dd HH:mm:ss}" : $"{reader.GetValue(column)}")]);
        Grid.Write([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)], rows);
    }

    private static void WriteQueries(SourceProposal proposal, bool force)
    {
        var folder = Path.Combine(new SourceOptions().SqlFolder, Setup.DefaultPipeline);
        Directory.CreateDirectory(folder);
        var queries = new (string Path, string? Text)[] { (Path.Combine(folder, "interactions.sql"), proposal.Interactions), (Path.Combine(folder, "items.sql"), proposal.Items) };
        if (!force && queries.FirstOrDefault(query => File.Exists(query.Path)).Path is { } present)
            throw new BatchRecException($"{present} is there. Write over it with --force, or move it away; nothing has been written.");
        foreach (var (path, text) in queries)
        {
            // Another shop's items.sql would not run on this database.
            if (text is null) File.Delete(path);
            else File.WriteAllText(path, text);
            if (text is not null) Console.WriteLine($"Wrote {path}");
        }
    }

    /// <summary>Without the password, which belongs into the environment.</summary>
    private static void WriteSettings(string connection)
    {
        const string path = "appsettings.json";
        var settings = File.Exists(path)
            ? JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true })!.AsObject()
            : [];
        var bare = new NpgsqlConnectionStringBuilder(connection);
        var hadPassword = !string.IsNullOrEmpty(bare.Password);
        bare.Password = null;
        // A file with comments is the user's own text: what was said there must not be lost.
        if (File.Exists(path) && File.ReadAllText(path).Contains("//", StringComparison.Ordinal))
        {
            Console.WriteLine($"{path} has comments and stays as it is. Set: ConnectionStrings__Source='{bare.ConnectionString}{(hadPassword ? ";Password=…" : "")}'");
            return;
        }
        settings["ConnectionStrings"] = new JsonObject { ["Source"] = bare.ConnectionString };
        File.WriteAllText(path, settings.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        Console.WriteLine($"Wrote {path}{(hadPassword ? ", without the password: export ConnectionStrings__Source with it" : "")}");
    }

    private static string Ask(string question)
    {
        Console.Write(question);
        return Console.ReadLine() ?? throw new ConfigurationException([$"There is nobody to ask: {question.Trim()} Give --connection, or ConnectionStrings__Source, and --yes."]);
    }
}
