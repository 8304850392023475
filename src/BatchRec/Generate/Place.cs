namespace BatchRec.Generate;

/// <summary>What a random number is for, so that more items, or users, don't change the others.</summary>
internal static class Place
{
    public const ulong Items = 1, Followers = 2, Titles = 3, Prices = 4, Users = 5, Days = 6;
}
