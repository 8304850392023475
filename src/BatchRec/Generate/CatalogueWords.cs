namespace BatchRec.Generate;

/// <summary>What a synthetic shop sells: a category's name and its goods, colours (by style) and materials.</summary>
internal static class CatalogueWords
{
    public static readonly string[][] Colours = [["Blue", "Green"], ["Red", "Pink"], ["White", "Grey"], ["Black", "Yellow"]];

    public static readonly string[] Materials = ["Ceramic", "Wooden", "Steel", "Glass", "Cotton", "Paper", "Leather", "Enamel", "Felt", "Bamboo"];

    public static readonly (string Name, string[] Goods)[] Categories =
    [
        ("Kitchen", ["Mug", "Bowl", "Teapot", "Jug", "Plate", "Tray"]),
        ("Garden", ["Planter", "Watering Can", "Bird Feeder", "Trowel", "Wind Chime"]),
        ("Lighting", ["Lantern", "Table Lamp", "Candle Holder", "Fairy Lights", "Night Light"]),
        ("Stationery", ["Notebook", "Pencil Case", "Desk Tidy", "Bookmark", "Ring Binder"]),
        ("Toys", ["Spinning Top", "Puzzle", "Building Blocks", "Doll", "Kite"]),
        ("Bags", ["Shopper", "Rucksack", "Lunch Bag", "Purse", "Holdall"]),
        ("Bathroom", ["Soap Dish", "Towel", "Bath Mat", "Toothbrush Cup", "Mirror"]),
        ("Party", ["Bunting", "Garland", "Cake Stand", "Party Hat", "Balloon Set"]),
        ("Storage", ["Basket", "Box", "Crate", "Jar", "Hook Rail"]),
        ("Jewellery", ["Necklace", "Bracelet", "Ring", "Brooch", "Earrings"]),
        ("Textiles", ["Cushion", "Throw", "Apron", "Tea Towel", "Table Runner"]),
        ("Office", ["Letter Rack", "Paperweight", "Wall Clock", "Magnet Board", "Calendar"]),
        ("Travel", ["Luggage Tag", "Flask", "Neck Pillow", "Passport Cover", "Wash Bag"]),
        ("Pets", ["Dog Bowl", "Cat Bed", "Collar", "Scratching Post", "Treat Tin"]),
        ("Baking", ["Cake Tin", "Rolling Pin", "Cookie Cutter", "Whisk", "Mixing Bowl"]),
        ("Walls", ["Picture Frame", "Poster", "Clock", "Wall Sign", "Shelf"]),
    ];
}
