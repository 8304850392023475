using System.IO.Compression;
using System.Text;
using BatchRec.Import;
using Xunit;

namespace BatchRec.Tests.Import;

public sealed class CsvFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    private string Rows(string content)
    {
        File.WriteAllText(_path, content);
        using var file = CsvFile.Open(_path);
        var rows = new StringBuilder();
        while (file.Read())
        {
            rows.Append(file.Line).Append(':');
            if (file.Malformed is { } fault) rows.Append('!').Append(fault);
            else rows.AppendJoin('|', Enumerable.Range(0, file.Header.Count).Select(column => file[column].ToString()));
            rows.Append('\n');
        }
        return rows.ToString();
    }

    [Theory]
    [InlineData("a,b\n1,2\n3,4\n", "2:1|2\n3:3|4\n")]
    [InlineData("a,b\r\n1,2\r\n3,4", "2:1|2\n3:3|4\n")]
    [InlineData("\uFEFFa,b\n1,é\n", "2:1|é\n")]
    [InlineData("a;b\n1,5;2\n", "2:1,5|2\n")]
    [InlineData("a\tb\n1\t2\n", "2:1|2\n")]
    [InlineData("a,b\n\"x, \"\"y\"\"\",2\n", "2:x, \"y\"|2\n")]
    [InlineData("a,b\n\"one\ntwo\",2\n3,4\n", "2:one\ntwo|2\n4:3|4\n")]
    [InlineData("a,b\n\n 1 , 2 \n\n", "3:1|2\n")]
    [InlineData("a,b\n,\n", "2:|\n")]
    [InlineData("a,b\n5\" pipe,2\n", "2:5\" pipe|2\n")]
    public void Rows_are_read_as_RFC_4180_writes_them(string content, string rows) => Assert.Equal(rows, Rows(content));

    [Theory]
    [InlineData("a,b\n1\n3,4\n", "2:!not 2 fields, as the header has\n3:3|4\n")]
    [InlineData("a,b\n1,2,3\n", "2:!not 2 fields, as the header has\n")]
    [InlineData("a,b\n\"1\"x,2\n", "2:!text after a closing quote\n")]
    [InlineData("a,b\n1,\"2\n3", "2:!a quote that is never closed\n")]
    public void A_row_that_cannot_be_taken_apart_says_why_and_reading_goes_on(string content, string rows) => Assert.Equal(rows, Rows(content));

    [Fact]
    public void Rows_longer_than_the_buffer_are_read_whole()
    {
        var field = new string('x', 200_000);
        Assert.Equal($"2:{field}|1\n3:{field}|2\n", Rows($"a,b\n{field},1\n\"{field}\",2\n"));
    }

    [Fact]
    public void A_gzipped_file_is_known_by_its_content()
    {
        using (var packed = new GZipStream(File.Create(_path), CompressionLevel.Fastest)) packed.Write("a\n7\n"u8);
        using var file = CsvFile.Open(_path);
        Assert.True(file.Read());
        Assert.Equal("7", file["a"].ToString());
    }

    [Fact]
    public void A_gzipped_file_that_was_cut_off_is_refused()
    {
        using var memory = new MemoryStream();
        using (var packed = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
        {
            var noise = new byte[300_000];
            new Random(1).NextBytes(noise);
            packed.Write(Encoding.ASCII.GetBytes("a\n" + string.Join('\n', noise)));
        }
        File.WriteAllBytes(_path, memory.ToArray()[..(int)(memory.Length / 2)]);
        var fault = Assert.Throws<BatchRecException>(() =>
        {
            using var file = CsvFile.Open(_path);
            while (file.Read());
        });
        Assert.Contains("is damaged (after line", fault.Message);
    }

    [Fact]
    public void A_file_in_another_encoding_is_refused()
    {
        File.WriteAllBytes(_path, [.. "a\ncaf"u8, 0xE9, .. "\n"u8]);
        var fault = Assert.Throws<BatchRecException>(() => CsvFile.Open(_path));
        Assert.Contains("is not UTF-8", fault.Message);
    }

    [Fact]
    public void A_quote_that_swallows_the_file_is_refused_at_its_line()
    {
        var fault = Assert.Throws<BatchRecException>(() => Rows("a\n1\n\"2\n" + string.Concat(Enumerable.Repeat("3\n", 600_000))));
        Assert.Contains("line 3", fault.Message);
    }

    [Fact]
    public void An_empty_file_and_a_missing_file_say_so()
    {
        Assert.Contains("is empty", Assert.Throws<BatchRecException>(() => Rows("")).Message);
        Assert.Contains("There is no file", Assert.Throws<BatchRecException>(() => CsvFile.Open(_path + ".gone")).Message);
    }
}
