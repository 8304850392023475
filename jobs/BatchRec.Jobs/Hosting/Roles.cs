using BatchRec.Jobs.Configuration;

namespace BatchRec.Jobs.Hosting;

/// <summary>What a server process does.</summary>
[Flags]
public enum Roles
{
    None = 0,

    /// <summary>Starts the nights when they are due, and looks after runs that nobody works on.</summary>
    Scheduler = 1,

    /// <summary>Works on the queue <c>default</c>.</summary>
    Cpu = 2,

    /// <summary>Works on the queue <c>gpu</c>, one step at a time.</summary>
    Gpu = 4,

    /// <summary>Shows Hangfire's pages.</summary>
    Dashboard = 8,
}

public static class RolesText
{
    /// <param name="text"><c>scheduler,cpu</c></param>
    /// <exception cref="ConfigurationException">It names something else, or nothing.</exception>
    public static Roles Parse(string text)
    {
        var roles = Roles.None;
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            roles |= Enum.GetNames<Roles>().Skip(1).Contains(name, StringComparer.OrdinalIgnoreCase)
                ? Enum.Parse<Roles>(name, ignoreCase: true)
                : throw new ConfigurationException([$"--roles names '{name}'; write scheduler, cpu, gpu, dashboard, or several joined by commas."]);
        return roles != Roles.None ? roles : throw new ConfigurationException(["--roles is empty; write scheduler, cpu, gpu, dashboard, or several joined by commas."]);
    }
}
