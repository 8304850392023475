using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace BatchRec.Torch.Native;

/// <summary>The one libtorch of this process: finding it, loading it once, and saying what it is.</summary>
internal static class Libtorch
{
    private static readonly Lock Loading = new();
    private static volatile Shim? _shim;
    private static string? _chosen;

    /// <summary>The C ABI; the first use loads libtorch (0.2-0.4 s).</summary>
    public static Shim C => _shim ?? Load();

    public static bool IsLoaded => _shim is not null;

    /// <summary>
    /// A folder with another libtorch, a CUDA one or a Python wheel's <c>torch/lib</c>, instead of the one this build came with. Set before the
    /// first tensor; starts as the environment variable BATCHREC_TORCH_LIBRARY.
    /// </summary>
    /// <exception cref="InvalidOperationException">libtorch is loaded already, from another folder.</exception>
    public static string? ChosenFolder
    {
        get => _chosen ?? Environment.GetEnvironmentVariable("BATCHREC_TORCH_LIBRARY") switch { "" => null, var folder => folder };
        set
        {
            if (_shim is not null && value != Folder)
                throw new InvalidOperationException($"libtorch is loaded already, from {Folder}; choose {value} before the first tensor.");
            _chosen = value;
        }
    }

    /// <summary>Where the loaded libtorch lies.</summary>
    public static string? Folder { get; private set; }

    /// <summary>Why the CUDA libraries that lie in <see cref="Folder"/> don't load; null where they do, or where there are none.</summary>
    public static string? CudaFault { get; private set; }

    /// <summary>True where the loaded libtorch has CUDA libraries, whether or not they load.</summary>
    public static bool HasCudaLibraries { get; private set; }

    /// <summary>As <c>2.10.0</c>.</summary>
    public static unsafe string Version
    {
        get
        {
            var version = C.AbiVersion();
            return string.Create(CultureInfo.InvariantCulture, $"{version >> 56}.{(version >> 48) & 0xff}.{(version >> 40) & 0xff}");
        }
    }

    /// <summary>The widest vector instructions that its kernels use here: <c>AVX512</c>, <c>AVX2</c>, <c>DEFAULT</c>, …</summary>
    public static unsafe string CpuCapability
    {
        get
        {
            if (C.CpuCapability == null) return "unknown";
            // std::string: pointer, length, 16 bytes in place. The names are shorter than that, so that there is nothing to free.
            var text = stackalloc nint[4];
            C.CpuCapability((nint)text);
            return Marshal.PtrToStringUTF8(text[0], (int)text[1]);
        }
    }

    /// <summary>
    /// The folders that may hold libtorch, best first: beside a published program, where NuGet puts native files, the package that this build
    /// restored.
    /// </summary>
    private static IEnumerable<string> OwnFolders()
    {
        yield return Path.Combine(AppContext.BaseDirectory, "libtorch");
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native");
        foreach (var attribute in typeof(Libtorch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
            if (attribute is { Key: "LibtorchFolder", Value: { } folder })
                yield return folder;
    }

    /// <summary>The folder to load from: the chosen one, else the first of our own that has a libtorch.</summary>
    /// <exception cref="DllNotFoundException">There is none; the message says where it was looked for and what to do.</exception>
    public static string FindFolder(string? chosen)
    {
        if (chosen is not null)
            return File.Exists(Path.Combine(chosen, "libtorch_cpu.so")) ? chosen : throw new DllNotFoundException(
                $"There is no libtorch in {chosen}: no libtorch_cpu.so there. Let Torch:LibraryPath (or BATCHREC_TORCH_LIBRARY) name the folder "
                + "with libc10.so and libtorch_cpu.so of one libtorch 2.10 or later, as a Python wheel's torch/lib; or leave it out.");
        return OwnFolders().FirstOrDefault(folder => File.Exists(Path.Combine(folder, "libtorch_cpu.so"))) ?? throw new DllNotFoundException(
            $"There is no libtorch in any of {string.Join(", ", OwnFolders())}. Restore the package libtorch-cpu-linux-x64, publish the program, "
            + "or let Torch:LibraryPath name a folder with libc10.so and libtorch_cpu.so.");
    }

    private static unsafe Shim Load()
    {
        lock (Loading)
        {
            if (_shim is { } loaded) return loaded;
            var folder = Path.GetFullPath(FindFolder(ChosenFolder));
            MemoryPages.Keep();
            ThreadPatience.Shorten();
            Open(folder, "libc10.so");
            var library = Open(folder, "libtorch_cpu.so");
            var shim = new Shim(library);
            if (shim.ExceptionText == null) NativeMessage.CaptureFrom(library);
            LoadCuda(folder);
            Folder = folder;
            SelfTest.Run(shim, folder);
            _shim = shim;
            return shim;
        }
    }

    // All libraries of one libtorch, never a 2.10 CPU with a 2.11 CUDA: their C++ ABIs differ.
    private static void LoadCuda(string folder)
    {
        HasCudaLibraries = File.Exists(Path.Combine(folder, "libtorch_cuda.so"));
        if (!HasCudaLibraries) return;
        try
        {
            Open(folder, "libc10_cuda.so");
            Open(folder, "libtorch_cuda.so");
        }
        catch (DllNotFoundException e)
        {
            CudaFault = e.Message;
        }
    }

    private static nint Open(string folder, string file)
    {
        try
        {
            return NativeLibrary.Load(Path.Combine(folder, file));
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException($"{Path.Combine(folder, file)} does not load: {e.Message}", e);
        }
    }
}
