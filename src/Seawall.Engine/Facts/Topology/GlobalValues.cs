using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Seawall.Engine.Facts.Topology;

/// <summary>
/// The global values of the variables that sessions begin with, and how they have changed: a session that began before a change
/// goes on with the value of that time, on whatever connection. Immutable.
/// </summary>
public sealed record GlobalValues
{
    /// <summary>More changes than anybody makes in the life of a session; older ones are forgotten.</summary>
    private const int ChangesMax = 256;

    /// <summary>Before anything is known.</summary>
    public static GlobalValues Unknown { get; } = new();

    /// <summary>How often any of them has changed, as far as that was seen.</summary>
    public int Epoch { get; private init; }

    /// <summary>The values now, by name in lower case; empty before the first look.</summary>
    public FrozenDictionary<string, string> Values { get; private init; } = FrozenDictionary<string, string>.Empty;

    private ImmutableArray<(int Epoch, string Name, string Before)> Changes { get; init; } = [];

    /// <summary>The same with what a look at the server has shown of some or all of them.</summary>
    public GlobalValues With(IReadOnlyCollection<KeyValuePair<string, string>> seen)
    {
        if (seen.All(value => Values.TryGetValue(value.Key, out var known) && known == value.Value))
            return this;
        var values = new Dictionary<string, string>(Values);
        var changes = Changes.ToBuilder();
        var hasChanged = false;
        foreach (var (name, value) in seen)
        {
            if (values.TryGetValue(name, out var before) && before != value)
            {
                hasChanged = true;
                if (GlobalNames.IsKept(name))
                    changes.Add((Epoch + 1, name, before));
            }
            values[name] = value;
        }
        while (changes.Count > ChangesMax)
            changes.RemoveAt(0);
        return new() { Epoch = hasChanged ? Epoch + 1 : Epoch, Values = values.ToFrozenDictionary(), Changes = changes.ToImmutable() };
    }

    /// <summary>
    /// What has changed since then, with the value of that time: what a session that began then must be given on a connection
    /// of now.
    /// </summary>
    public IEnumerable<(string Name, string Value)> Since(int epoch)
    {
        var told = new HashSet<string>();
        foreach (var change in Changes)
        {
            if (change.Epoch > epoch && told.Add(change.Name) && Values.GetValueOrDefault(change.Name) != change.Before)
                yield return (change.Name, change.Before);
        }
    }
}
