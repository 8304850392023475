using BatchRec.Train;

namespace BatchRec.Generate;

/// <summary>An item of a synthetic shop.</summary>
public readonly record struct SyntheticItem(long Id, string Title, string Category, decimal Price, bool Available);

/// <summary>One event of a synthetic shop.</summary>
/// <param name="Type"><c>view</c>, <c>cart</c> or <c>purchase</c></param>
/// <param name="OccurredAt">UTC, whole seconds</param>
/// <param name="Value">The quantity, for what is put into the cart and bought.</param>
public readonly record struct SyntheticEvent(long User, long Item, string Type, DateTime OccurredAt, double? Value);

/// <summary>
/// A shop that never was, with what recommenders live on: latent tastes (categories, a style), Zipf popularity, what is looked at after
/// what, sessions, the funnel from view to purchase, new customers and new items over time. Streams in the order of time; memory grows
/// with users and items and with the events of one day.
/// </summary>
public sealed class SyntheticShop
{
    private const double CartShare = 0.25, PurchaseShare = 0.45, FollowShare = 0.55, FollowAcrossSessionsShare = 0.5;
    private const double TasteShare = 0.7, StyleShare = 0.6, LeaveShare = 0.22;
    private const int MostVisits = 15;

    private static readonly string[] Types = ["view", "cart", "purchase"];

    /// <summary>Sessions by the hour in which they begin, 0 to 21: an hour and a half later the longest is over, and its day is not.</summary>
    private static readonly double[] Hours = [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 5, 6, 5, 4, 4, 4, 5, 6, 8, 9, 6];

    private readonly GenerateRequest _request;
    private readonly Catalogue _catalogue;
    private readonly Customers _customers;
    private readonly WeightedChoice _hours = new(Enumerable.Range(0, Hours.Length), Hours);
    private readonly int[] _lastSeen;
    private readonly List<Entry> _day = [];

    /// <exception cref="BatchRecException">With every fault of the request.</exception>
    public SyntheticShop(GenerateRequest request)
    {
        if (string.Join(" ", request.Faults()) is { Length: > 0 } faults) throw new BatchRecException(faults);
        _request = request;
        _catalogue = new Catalogue(request.Seed, request.Items, request.Days);
        _customers = new Customers(request.Seed, request.Users, request.Days, _catalogue.Categories);
        _lastSeen = new int[request.Users];
    }

    private readonly record struct Entry(int Second, int User, int Item, byte Type, short Quantity);

    public IEnumerable<SyntheticItem> Items()
    {
        for (var i = 0; i < _catalogue.Count; i++)
            yield return new SyntheticItem(i + 1, _catalogue.Title(i), _catalogue.Category(i), _catalogue.Price(i), _catalogue.IsAvailable(i));
    }

    /// <summary>All events, in the order of time. Each enumeration begins anew.</summary>
    public IEnumerable<SyntheticEvent> Events()
    {
        Array.Fill(_lastSeen, -1);
        var (known, done, from) = (0, 0L, DateTime.SpecifyKind(_request.Until, DateTimeKind.Utc).AddDays(-_request.Days));
        var byDay = EventsByDay(from);
        for (var day = 0; day < _request.Days; day++)
        {
            known = FillDay(day, known, (int)(byDay[day] - done));
            done = byDay[day];
            foreach (var index in InOrderOfTime())
            {
                var entry = _day[index];
                yield return new SyntheticEvent(
                    entry.User + 1, entry.Item + 1, Types[entry.Type], from.AddDays(day).AddSeconds(entry.Second), entry.Type == 0 ? null : entry.Quantity);
            }
        }
    }

    /// <summary>Number of events by the end of each day: more at the weekend, more as the shop grows, all of them by the last.</summary>
    private long[] EventsByDay(DateTime from)
    {
        var (sums, sum) = (new double[_request.Days], 0.0);
        for (var d = 0; d < sums.Length; d++)
            sums[d] = sum += (from.AddDays(d).DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 1.25 : 0.9) * (1 + 0.3 * d / sums.Length);
        return Array.ConvertAll(sums, by => by == sum ? _request.Events : (long)(_request.Events * (by / sum)));
    }

    /// <summary>Makes one day's events, unordered: first every new customer's first session, then sessions of those known.</summary>
    /// <param name="known">Customers who have come before; those for whom an earlier day had no events left come today.</param>
    /// <returns>Customers who have come by the end of the day.</returns>
    private int FillDay(int day, int known, int events)
    {
        _day.Clear();
        var random = Randomness.At(_request.Seed, Place.Days, (ulong)day);
        var arrived = _customers.ArrivedBy(day);
        for (; known < arrived && _day.Count < events; known++)
            Session(known, day, Math.Max(1, events - _day.Count - (arrived - known - 1)), ref random);
        while (_day.Count < events)
            Session(_customers.Pick(known, ref random), day, events - _day.Count, ref random);
        return known;
    }

    private void Session(int user, int day, int mostEvents, ref Randomness random)
    {
        var taste = Taste.Of(_request.Seed, user, _catalogue.Categories);
        var last = _day.Count + mostEvents;
        var second = _hours.Pick(ref random) * 3600 + random.Below(3600);
        var item = _lastSeen[user] >= 0 && random.Uniform() < FollowAcrossSessionsShare
            ? _catalogue.Follow(_lastSeen[user], taste.Habit, day, ref random)
            : Fancy(taste, day, ref random);
        for (var visit = 0; visit < MostVisits; visit++)
        {
            Visit(user, item, ref second, last, ref random);
            _lastSeen[user] = item;
            if (_day.Count == last || random.Uniform() < LeaveShare) return;
            item = random.Uniform() < FollowShare ? _catalogue.Follow(item, taste.Habit, day, ref random) : Fancy(taste, day, ref random);
        }
    }

    /// <summary>Something that the customer comes upon by taste, or that everyone looks at.</summary>
    private int Fancy(Taste taste, int day, ref Randomness random)
    {
        if (random.Uniform() >= TasteShare) return _catalogue.PickPopular(day, ref random);
        var draw = random.Uniform();
        var category = draw < 0.6 ? taste.First : draw < 0.9 ? taste.Second : taste.Third;
        return _catalogue.Pick(category, random.Uniform() < StyleShare ? taste.Style : -1, day, ref random);
    }

    private void Visit(int user, int item, ref int second, int last, ref Randomness random)
    {
        Add(user, item, 0, 0, ref second, ref random);
        if (_day.Count == last || random.Uniform() >= CartShare) return;
        var quantity = (short)(1 + (int)(-Math.Log(1 - random.Uniform())));
        Add(user, item, 1, quantity, ref second, ref random);
        if (_day.Count == last || random.Uniform() >= PurchaseShare) return;
        Add(user, item, 2, quantity, ref second, ref random);
    }

    private void Add(int user, int item, byte type, short quantity, ref int second, ref Randomness random)
    {
        _day.Add(new Entry(second, user, item, type, quantity));
        second += 10 + random.Below(110);
    }

    /// <summary>Indices into the day's entries, by second, then as they were made.</summary>
    private IEnumerable<int> InOrderOfTime()
    {
        var keys = new long[_day.Count];
        for (var i = 0; i < keys.Length; i++) keys[i] = ((long)_day[i].Second << 32) | (uint)i;
        Array.Sort(keys);
        return keys.Select(key => (int)(key & uint.MaxValue));
    }
}
