using BatchRec.Train;

namespace BatchRec.Generate;

/// <summary>
/// The items of a synthetic shop: category and style (the clusters that tastes are about), Zipf popularity, the day on which each
/// comes into the shop and leaves it, and what is looked at after it.
/// </summary>
internal sealed class Catalogue
{
    /// <summary>Items that a customer goes on to from an item, the likeliest first.</summary>
    public const int Followers = 4;

    private static readonly double[] FollowerShares = [0.8, 0.92, 0.97, 1];

    /// <summary>Styles of an item; each has its own colours.</summary>
    public const int Styles = 4;

    /// <summary>Fewer, and customers would soon have seen all that is to their taste.</summary>
    private const int LeastItemsACategory = 60;

    private const double ZipfExponent = 1.0, ZipfOffset = 3;
    private const double LaunchedLaterShare = 0.25, RetiredShare = 0.04;

    private readonly ulong _seed;
    private readonly int _days, _categories;
    private readonly byte[] _category, _style;
    private readonly short[] _launched, _retired;
    private readonly WeightedChoice _all;
    private readonly WeightedChoice[] _byCategory, _byCluster;

    public Catalogue(ulong seed, int items, int days)
    {
        (_seed, _days, Count) = (seed, days, items);
        _categories = Math.Clamp(items / LeastItemsACategory, 1, CatalogueWords.Categories.Length);
        (_category, _style, _launched, _retired) = (new byte[items], new byte[items], new short[items], new short[items]);
        var random = Randomness.At(seed, Place.Items);
        var weights = new double[items];
        var ranks = Enumerable.Range(0, items).ToArray();
        random.Shuffle<int>(ranks);
        for (var i = 0; i < items; i++)
        {
            _category[i] = (byte)random.Below(_categories);
            _style[i] = (byte)random.Below(Styles);
            weights[i] = Math.Pow(ranks[i] + ZipfOffset, -ZipfExponent);
            // The first item is always there, so that a customer finds something on every day.
            var (later, retires) = (random.Uniform() < LaunchedLaterShare && i > 0, random.Uniform() < RetiredShare && i > 0);
            _launched[i] = (short)(later ? random.Below(days) : 0);
            _retired[i] = (short)(retires ? _launched[i] + 1 + random.Below(days) : short.MaxValue);
        }
        _all = new WeightedChoice(Enumerable.Range(0, items), weights);
        _byCategory = Group(i => _category[i], _categories, weights);
        _byCluster = Group(i => _category[i] * Styles + _style[i], _categories * Styles, weights);
    }

    public int Count { get; }

    public int Categories => _categories;

    /// <summary>An item of a category by popularity, of one style or (-1) of any.</summary>
    public int Pick(int category, int style, int day, ref Randomness random)
    {
        var choice = style < 0 ? _byCategory[category] : _byCluster[category * Styles + style];
        return Alive(choice.IsEmpty ? _all : choice, day, ref random);
    }

    /// <summary>An item of the whole shop by popularity.</summary>
    public int PickPopular(int day, ref Randomness random) => Alive(_all, day, ref random);

    /// <summary>
    /// The item that a customer goes on to. Which of an item's followers is the likeliest depends on the customer's habit, which no
    /// single step shows: a model that reads the history can know more than one that counts pairs.
    /// </summary>
    public int Follow(int item, int habit, int day, ref Randomness random)
    {
        var draw = random.Uniform();
        var place = 0;
        while (draw >= FollowerShares[place]) place++;
        var follower = Follower(item, (place + habit) % Followers);
        return IsSold(follower, day) ? follower : PickPopular(day, ref random);
    }

    /// <summary>The first follower stands in the item's own category, the others in categories that go with it.</summary>
    private int Follower(int item, int place)
    {
        var category = (_category[item] + place) % _categories;
        var cluster = _byCluster[category * Styles + _style[item]];
        var choice = cluster.IsEmpty ? _all : cluster;
        // Evenly, whatever the popularity: a popular list can't stand in for the transitions.
        return choice.At((int)(Randomness.Seed(_seed, Place.Followers, (ulong)item, (ulong)place) % (ulong)choice.Count));
    }

    public bool IsSold(int item, int day) => _launched[item] <= day && day < _retired[item];

    /// <summary>Whether the item is still sold after the last day.</summary>
    public bool IsAvailable(int item) => _retired[item] >= _days;

    public string Category(int item) => CatalogueWords.Categories[_category[item]].Name;

    /// <summary>Such as <c>Blue Ceramic Mug 17</c>; the number is the item's id, and makes it unique.</summary>
    public string Title(int item)
    {
        var random = Randomness.At(_seed, Place.Titles, (ulong)item);
        var goods = CatalogueWords.Categories[_category[item]].Goods;
        var colours = CatalogueWords.Colours[_style[item]];
        return $"{colours[random.Below(colours.Length)]} {CatalogueWords.Materials[random.Below(CatalogueWords.Materials.Length)]} {goods[random.Below(goods.Length)]} {item + 1}";
    }

    /// <summary>Log-normal around 10, ending in 5 pence.</summary>
    public decimal Price(int item)
    {
        var random = Randomness.At(_seed, Place.Prices, (ulong)item);
        return Math.Max(1, (long)Math.Exp(2.3 + 0.8 * random.Normal())) - 0.05m;
    }

    private int Alive(WeightedChoice choice, int day, ref Randomness random)
    {
        const int tries = 20;
        for (var i = 0; i < tries; i++)
            if (choice.Pick(ref random) is var item && IsSold(item, day)) return item;
        return 0;
    }

    private WeightedChoice[] Group(Func<int, int> key, int groups, double[] weights)
    {
        var items = Enumerable.Range(0, Count).ToLookup(key);
        return [.. Enumerable.Range(0, groups).Select(group => new WeightedChoice(items[group], weights))];
    }
}
