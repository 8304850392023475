using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace BatchRec.Jobs.Configuration;

/// <summary>The summaries of types and properties as Markdown, from the XML files that the compiler leaves beside the assemblies.</summary>
internal sealed partial class XmlComments
{
    private readonly Dictionary<Assembly, Dictionary<string, XElement>> _known = [];

    /// <returns>Empty where there is none.</returns>
    public string Of(Type type) => Summary(type, $"T:{type.FullName}");

    /// <returns>Empty where there is none.</returns>
    public string Of(PropertyInfo property) => Summary(property.DeclaringType!, $"P:{property.DeclaringType!.FullName}.{property.Name}");

    private string Summary(Type type, string member)
    {
        if (!_known.TryGetValue(type.Assembly, out var members)) _known[type.Assembly] = members = Read(type.Assembly);
        return members.TryGetValue(member, out var found) && found.Element("summary") is { } summary ? Blanks().Replace(string.Concat(summary.Nodes().Select(Text)), " ").Trim() : "";
    }

    private static Dictionary<string, XElement> Read(Assembly assembly)
    {
        var path = Path.ChangeExtension(assembly.Location, ".xml");
        return File.Exists(path)
            ? XDocument.Load(path).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value)
            : throw new BatchRecException($"{path} is missing: build the program from its sources, which writes it.");
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" or "code" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" or "seealso" } see when see.Attribute("cref") is { } target => $"`{target.Value.Split('(')[0].Split('.')[^1]}`",
        XElement { Name.LocalName: "paramref" } parameter => $"`{parameter.Attribute("name")?.Value}`",
        XElement { Name.LocalName: "i" or "em" } words => $"*{words.Value}*",
        XElement other => string.Concat(other.Nodes().Select(Text)),
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
