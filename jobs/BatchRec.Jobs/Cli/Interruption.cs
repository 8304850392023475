using System.Runtime.InteropServices;

namespace BatchRec.Jobs.Cli;

/// <summary>Ctrl-C and SIGTERM as a token, for verbs that keep what they have before they end.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _interrupted = new();
    private readonly PosixSignalRegistration _interrupt, _terminate;

    public Interruption() =>
        (_interrupt, _terminate) = (PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));

    public CancellationToken Token => _interrupted.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _interrupted.Dispose();
    }

    private void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _interrupted.Cancel();
    }
}
