using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using BatchRec.Runs;

namespace BatchRec.Train;

/// <summary>A single-precision array and its shape.</summary>
public sealed record Weights(long[] Shape, float[] Values);

/// <summary>
/// A file in the safetensors format (github.com/huggingface/safetensors): eight bytes of header length, a JSON header, the arrays' bytes. Any
/// tool that reads the format reads our models. Our metadata adds the SHA-256 of the arrays' bytes.
/// </summary>
/// <param name="Metadata">texts by name</param>
/// <param name="Floats">F32 arrays by name</param>
/// <param name="Integers">one-dimensional I32 arrays by name</param>
internal sealed record Safetensors(
    IReadOnlyDictionary<string, string> Metadata, IReadOnlyDictionary<string, Weights> Floats, IReadOnlyDictionary<string, int[]> Integers)
{
    private const string Digest = "sha256", MetadataEntry = "__metadata__";

    /// <summary>Bytes hashed, read or written at once: an array may hold more bytes than a span can.</summary>
    private const int Slice = 1 << 22;

    /// <summary>Writes the file whole or not at all.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var temporary = path + ".tmp";
        using (var file = File.Create(temporary))
        {
            var header = JsonSerializer.SerializeToUtf8Bytes(Header());
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            file.Write(length);
            file.Write(header);
            ForEachSlice(bytes => file.Write(bytes));
        }
        Durable.Move(temporary, Path.GetFullPath(path));
    }

    /// <exception cref="BatchRecException">The file is missing, cut off, changed, or no safetensors file.</exception>
    public static Safetensors Read(string path) => Read(path, Read);

    /// <summary>The metadata alone: the arrays are neither read nor checked.</summary>
    /// <exception cref="BatchRecException">The file is missing, or no safetensors file.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path) => Read(path, file =>
    {
        using var header = ReadHeader(file);
        return MetadataOf(header);
    });

    private static T Read<T>(string path, Func<FileStream, T> read)
    {
        if (!File.Exists(path)) throw new BatchRecException($"{path} is not there. Train the model again.");
        using var file = File.OpenRead(path);
        try
        {
            return read(file);
        }
        catch (Exception fault) when (fault is InvalidDataException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException or EndOfStreamException)
        {
            throw new BatchRecException($"{path} ({file.Length:N0} bytes) can't be read: {fault.Message} Restore the file, or delete it and train again.", fault);
        }
    }

    private static JsonDocument ReadHeader(FileStream file)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (file.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8) throw new InvalidDataException("it ends within its first 8 bytes.");
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length < 2 || length > file.Length - 8) throw new InvalidDataException($"its header should take {length:N0} bytes: it is cut off, or no model file.");
        var text = new byte[length];
        file.ReadExactly(text);
        return JsonDocument.Parse(text);
    }

    private static Dictionary<string, string> MetadataOf(JsonDocument header)
    {
        var metadata = new Dictionary<string, string>();
        if (header.RootElement.TryGetProperty(MetadataEntry, out var texts))
            foreach (var pair in texts.EnumerateObject()) metadata[pair.Name] = pair.Value.GetString() ?? "";
        return metadata;
    }

    private static Safetensors Read(FileStream file)
    {
        using var header = ReadHeader(file);
        var (metadata, floats, integers) = (MetadataOf(header), new Dictionary<string, Weights>(), new Dictionary<string, int[]>());
        var data = file.Length - file.Position;
        var end = 0L;
        foreach (var entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == MetadataEntry) continue;
            var shape = entry.Value.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64()).ToArray();
            var type = entry.Value.GetProperty("dtype").GetString();
            var offsets = entry.Value.GetProperty("data_offsets");
            var count = shape.Aggregate(1L, (product, side) => checked(product * side));
            if (offsets[0].GetInt64() != end || offsets[1].GetInt64() != end + 4 * count || count > Array.MaxLength)
                throw new InvalidDataException($"its array {entry.Name} doesn't follow the one before.");
            end += 4 * count;
            if (end > data) throw new InvalidDataException($"it holds {data:N0} bytes of arrays where {entry.Name} ends at {end:N0}: it is cut off.");
            if (type == "F32") floats[entry.Name] = new Weights(shape, new float[count]);
            else if (type == "I32") integers[entry.Name] = new int[count];
            else throw new InvalidDataException($"its array {entry.Name} is of type {type}, not F32 or I32.");
        }
        if (end != data) throw new InvalidDataException($"it holds {data:N0} bytes of arrays where its header describes {end:N0}.");

        // Arrays stand in the file in the order of the header, and in the dictionaries by kind; both are filled by walking the header again.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in header.RootElement.EnumerateObject().Select(entry => entry.Name).Where(name => name != MetadataEntry))
        {
            var values = floats.TryGetValue(name, out var weights) ? (Array)weights.Values : integers[name];
            ForEachSlice(values, bytes =>
            {
                file.ReadExactly(bytes);
                hash.AppendData(bytes);
            });
        }
        if (!metadata.TryGetValue(Digest, out var expected)) throw new InvalidDataException("its metadata lack a sha256: it isn't one of ours.");
        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != expected) throw new InvalidDataException("its arrays were changed after it was written (sha256 differs).");
        return new Safetensors(metadata, floats, integers);
    }

    private Dictionary<string, object> Header()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ForEachSlice(bytes => hash.AppendData(bytes));
        var header = new Dictionary<string, object>
        {
            [MetadataEntry] = new Dictionary<string, string>(Metadata) { [Digest] = Convert.ToHexStringLower(hash.GetHashAndReset()) },
        };
        var end = 0L;
        foreach (var (name, weights) in Floats) Add(name, "F32", weights.Shape, weights.Values.LongLength);
        foreach (var (name, values) in Integers) Add(name, "I32", [values.LongLength], values.LongLength);
        return header;

        void Add(string name, string type, long[] shape, long count)
        {
            header[name] = new { dtype = type, shape, data_offsets = new[] { end, end + 4 * count } };
            end += 4 * count;
        }
    }

    private delegate void Bytes(Span<byte> bytes);

    private void ForEachSlice(Bytes use)
    {
        foreach (var weights in Floats.Values) ForEachSlice(weights.Values, use);
        foreach (var values in Integers.Values) ForEachSlice(values, use);
    }

    private static void ForEachSlice(Array values, Bytes use)
    {
        for (var start = 0; start < values.Length; start += Slice / 4)
        {
            var count = Math.Min(Slice / 4, values.Length - start);
            use(values is float[] floats ? MemoryMarshal.AsBytes(floats.AsSpan(start, count)) : MemoryMarshal.AsBytes(((int[])values).AsSpan(start, count)));
        }
    }
}
