using System.Globalization;

namespace BatchRec.Import;

/// <summary>
/// The UCI Online Retail log (Chen 2015, doi 10.24432/C5BW33): invoice lines of a gift shop. An interaction is a customer who buys goods:
/// lines without a customer, cancellations, corrections and charges are left out.
/// </summary>
public static class OnlineRetail
{
    public const string NoCustomer = "no customer", Cancellation = "a cancellation", NoQuantity = "quantity of 0 or less",
        NoPrice = "price of 0 or less", NotGoods = "postage, fees and vouchers";

    /// <summary>Stock codes that name charges, vouchers and corrections.</summary>
    private static readonly HashSet<string> Charges = new(StringComparer.OrdinalIgnoreCase)
    {
        "POST", "DOT", "M", "D", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS", "S", "B",
    };

    public static readonly Layout Layout = new()
    {
        Name = "online-retail", LogFile = "transactions", ItemsFile = "items",
        User = ["customer_id"], Item = ["stock_code"], Time = ["invoice_time"], Value = ["quantity"], EventType = "purchase",
        ItemId = ["stock_code"], Title = ["description"], Price = ["median_unit_price"],
        TimeZone = "Europe/London",
        // The lines of an invoice share one time, and their order says nothing about the customer.
        RowsAreOrdered = false,
        AlsoNeeded = ["invoice_no", "unit_price"],
        LeaveOut = LeaveOut,
        LeaveOutItem = static code => IsGoods(code) ? null : NotGoods,
    };

    private static string? LeaveOut(CsvFile line)
    {
        if (line["customer_id"].IsEmpty) return NoCustomer;
        if (line["invoice_no"] is ['C' or 'c', ..]) return Cancellation;
        if (Number(line["quantity"]) <= 0) return NoQuantity;
        if (Number(line["unit_price"]) <= 0) return NoPrice;
        return IsGoods(line["stock_code"].ToString()) ? null : NotGoods;
    }

    private static bool IsGoods(string code) => !Charges.Contains(code) && !code.StartsWith("gift_", StringComparison.OrdinalIgnoreCase);

    private static double Number(ReadOnlySpan<char> text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
}
