using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Seawall.Captures.Records;
using Seawall.Engine;
using Seawall.MySql.Framing;
using Xunit;

namespace Seawall.Tests.Rules;

/// <summary>Rules for what ships, read off the compiled program.</summary>
public sealed class ShippedRules
{
    private const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    // This list may only become shorter.
    private static readonly Dictionary<string, string> s_exceptions = new()
    {
        ["LoopBox`1.t_free"] = "boxes of suspended methods are a thread's own, and a thread runs one loop",
        ["LoopBox`2.t_free"] = "as the one above",
        ["ContextMaker.t_passphraseAsked"] = "said by a callback from native code to the caller on the same stack",
        ["SslBio.t_below"] = "for callbacks from native code, on the same stack",
        ["SslBio.t_ended"] = "for callbacks from native code, on the same stack",
    };

    private static readonly Assembly[] s_assemblies =
    [
        typeof(PacketHeader).Assembly, typeof(CaptureRecord).Assembly, typeof(SeawallEngine).Assembly, Assembly.Load("Seawall.Control"),
        Assembly.Load("Seawall.Rehearsal"), Assembly.Load("seawall"),
    ];

    [Fact]
    public void Nothing_static_can_change_so_that_two_engines_can_live_in_one_process()
    {
        var mutable = s_assemblies.SelectMany(assembly => assembly.GetTypes()).SelectMany(Mutable).ToHashSet();

        Assert.Equal([], mutable.Except(s_exceptions.Keys));
        Assert.Equal([], s_exceptions.Keys.Except(mutable));
    }

    [Fact]
    public void A_static_that_can_change_is_found() => Assert.Equal(
        ["Changes.s_count", "Changes.s_list", "Changes.s_property"],
        Mutable(typeof(Changes)).Select(name => name.Replace("<Property>k__BackingField", "s_property", StringComparison.Ordinal)).Order());

    [Fact]
    public void Every_type_that_others_see_is_explained()
    {
        foreach (var assembly in s_assemblies[..5])
        {
            var file = Path.ChangeExtension(assembly.Location, ".xml");
            Assert.True(File.Exists(file), $"{file} is not there");
            var explained = XDocument.Load(file).Descendants("member").Select(member => (string)member.Attribute("name")!).ToHashSet();

            Assert.Equal([], assembly.GetExportedTypes().Select(type => $"T:{type.FullName!.Replace('+', '.')}")
                .Where(name => !explained.Contains(name)));
        }
    }

    private static IEnumerable<string> Mutable(Type type)
    {
        if (IsMadeByCompiler(type))
            return [];
        return type.GetFields(Static)
            .Where(field => !field.IsLiteral && !IsMadeByCompiler(field) && (!field.IsInitOnly || CanGrow(field.FieldType)))
            .Select(field => $"{type.Name}.{field.Name}");
    }

    // Caches of lambdas, tables of switches and the like. A property's field is made by the compiler, and still ours.
    private static bool IsMadeByCompiler(MemberInfo member) =>
        (member.Name.Contains('<', StringComparison.Ordinal) && !member.Name.Contains("k__BackingField", StringComparison.Ordinal))
        || (member is Type { DeclaringType: { } around } && IsMadeByCompiler(around))
        || (member is Type && member.IsDefined(typeof(CompilerGeneratedAttribute)))
        || (member is Type { Namespace: { } space } && space.StartsWith("System.", StringComparison.Ordinal));

    private static bool CanGrow(Type type) => type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type)
        && type.GetGenericTypeDefinition() is { Namespace: "System.Collections.Generic" or "System.Collections.Concurrent", IsInterface: false };

    private static class Changes
    {
#pragma warning disable CA1823, IDE0051, IDE0044, CS0169, CS0414, CA2211 // What is forbidden, for the control.
        private static int s_count;
        private static readonly List<int> s_list = [];
        private static readonly string s_fine = "";
        private const int Fine = 1;

        private static int Property { get; set; }
#pragma warning restore
    }
}
