using System.Text;
using BatchRec.Train;
using BatchRec.Train.Encoders;
using Xunit;

namespace BatchRec.Tests.Train;

public sealed class ModelFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("model-").FullName;

    private string Path => System.IO.Path.Combine(_folder, ModelFile.Name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_model_is_read_as_it_was_written()
    {
        var written = Model();
        ModelFile.Write(Path, written);
        var read = ModelFile.Read(Path);

        Assert.Equal(written.Options, read.Options);
        Assert.Equal((9, 7UL), (read.Vocabulary.ItemCount, read.Seed));
        Assert.Equal([1, 4, 8], read.Vocabulary.Items);
        Assert.Equal(written.Parameters.Keys, read.Parameters.Keys);
        Assert.All(written.Parameters, pair => Assert.Equal(pair.Value.Values, read.Parameters[pair.Key].Values));
        Assert.Equal([Path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_missing_file_is_told() => AssertFault("is not there", "Train the model again");

    [Fact]
    public void A_file_cut_off_anywhere_is_told()
    {
        ModelFile.Write(Path, Model());
        var whole = File.ReadAllBytes(Path);
        foreach (var length in new[] { 0, 5, 8, 100, whole.Length / 2, whole.Length - 1 })
        {
            File.WriteAllBytes(Path, whole[..length]);
            AssertFault("can't be read", "train again");
        }
    }

    [Fact]
    public void A_file_that_was_changed_after_it_was_written_is_told()
    {
        ModelFile.Write(Path, Model());
        var bytes = File.ReadAllBytes(Path);
        bytes[^20] ^= 1;
        File.WriteAllBytes(Path, bytes);
        AssertFault("changed after it was written", "train again");
    }

    [Fact]
    public void A_longer_file_is_told()
    {
        ModelFile.Write(Path, Model());
        File.AppendAllText(Path, "more");
        AssertFault("where its header describes");
    }

    [Fact]
    public void Another_format_version_is_told()
    {
        ModelFile.Write(Path, Model());
        Replace("\"format_version\":\"1\"", "\"format_version\":\"2\"");
        AssertFault("format version 2", "this build reads 1", "Train it again");
    }

    [Fact]
    public void Options_that_give_another_shape_are_told()
    {
        ModelFile.Write(Path, Model());
        Replace("\\u0022Dimensions\\u0022:16", "\\u0022Dimensions\\u0022:32");
        // Of which table it says so first is the tensor layer's order.
        AssertFault("s.weight has shape (", ", 16)", ", 32)", "Train it again");
    }

    [Fact]
    public void A_file_of_something_else_is_told()
    {
        File.WriteAllText(Path, "a letter to a friend, certainly no model");
        AssertFault("no model file");
        new Safetensors(new Dictionary<string, string>(), new Dictionary<string, Weights>(), new Dictionary<string, int[]>()).Write(Path);
        AssertFault("lacks format_version");
    }

    /// <summary>The library that defined the format reads our files; here its layout is read by hand.</summary>
    [Fact]
    public void The_layout_is_that_of_safetensors()
    {
        ModelFile.Write(Path, Model());
        var bytes = File.ReadAllBytes(Path);
        var length = BitConverter.ToInt32(bytes);
        using var header = System.Text.Json.JsonDocument.Parse(bytes.AsMemory(8, length));
        var items = header.RootElement.GetProperty("items");
        Assert.Equal("I32", items.GetProperty("dtype").GetString());
        Assert.Equal(8, BitConverter.ToInt32(bytes, 8 + length + items.GetProperty("data_offsets")[1].GetInt32() - 4));
        Assert.Equal(bytes.Length, 8 + length + items.GetProperty("data_offsets")[1].GetInt32());
    }

    private static TrainedModel Model()
    {
        var vocabulary = new Vocabulary(9, [1, 4, 8], ["view", "purchase"]);
        using var network = SequenceModel.Of(vocabulary, Histories.Small);
        network.Initialise(7);
        return new TrainedModel { Options = Histories.Small, Vocabulary = vocabulary, Seed = 7, Parameters = network.Arrays() };
    }

    private void Replace(string text, string by)
    {
        var bytes = File.ReadAllBytes(Path);
        var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text));
        Assert.True(at > 0 && text.Length == by.Length);
        Encoding.UTF8.GetBytes(by).CopyTo(bytes, at);
        File.WriteAllBytes(Path, bytes);
    }

    private void AssertFault(params string[] texts)
    {
        var message = Assert.Throws<BatchRecException>(() => ModelFile.Read(Path)).Message;
        Assert.All(texts.Append(Path), text => Assert.Contains(text, message));
    }
}
