using System.Reflection;

namespace BatchRec.Runs;

/// <summary>The version of this program, with the commit where the build knew it: <c>0.1.0+3f9a…</c>.</summary>
public static class CodeVersion
{
    public static string Text { get; } =
        typeof(CodeVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
