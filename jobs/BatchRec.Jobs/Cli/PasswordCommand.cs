using System.CommandLine;
using System.Text;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Dashboard.Access;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec password</c></summary>
internal static class PasswordCommand
{
    private const int Shortest = 12;

    public static Command Build()
    {
        var command = new Command(
            "password", "Makes of a password what Dashboard:Operators and Dashboard:Viewers take: asks for it, or reads the first line of its input. Example: export BATCHREC_Dashboard__Operators__anna=$(batchrec password)");
        command.SetAction(_ =>
        {
            var password = Console.IsInputRedirected ? Console.In.ReadLine() ?? "" : Ask();
            if (password.Length < Shortest) throw new ConfigurationException([$"The password has {password.Length} characters; use {Shortest} or more."]);
            Console.WriteLine(Passwords.Hash(password));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Without showing what is typed.</summary>
    private static string Ask()
    {
        Console.Error.Write("Password: ");
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace) typed.Length = Math.Max(0, typed.Length - 1);
            else typed.Append(key.KeyChar);
        }
        Console.Error.WriteLine();
        return typed.ToString();
    }
}
