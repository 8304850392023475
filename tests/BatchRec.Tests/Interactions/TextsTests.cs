using BatchRec.Interactions;
using Xunit;

namespace BatchRec.Tests.Interactions;

public sealed class TextsTests
{
    [Fact]
    public void Texts_of_any_length_come_back_over_many_pages_and_again_after_clearing()
    {
        // Empty, missing, short ones in numbers, and some that are longer than a page.
        var random = new Random(1);
        var expected = new List<string?> { "", null, "Käse 🧀" };
        for (var i = 0; i < 50_000; i++) expected.Add(new string((char)('a' + i % 26), random.Next(80)));
        expected.AddRange([new string('x', 3 << 20), "after", null, new string('y', 1 << 20), ""]);

        var texts = new Texts();
        for (var round = 0; round < 2; round++)
        {
            foreach (var text in expected) texts.Add(text);
            Assert.Equal(expected.Count, texts.Count);
            Assert.Equal(expected, Enumerable.Range(0, texts.Count).Select(texts.TextOf));
            texts.Clear();
            Assert.Equal(0, texts.Count);
            // Other lengths than before stand in the same pages.
            expected.Reverse();
        }
    }

    [Fact]
    public void Memory_is_what_the_texts_need_and_not_twice_that()
    {
        var texts = new Texts();
        for (var i = 0; i < 1_000_000; i++) texts.Add("0123456789012345678901234567890123456789"u8);
        Assert.InRange(texts.Reserved, 40_000_000, 60_000_000);
        Assert.Throws<ArgumentOutOfRangeException>(() => texts.IsMissing(1_000_000));
    }
}
