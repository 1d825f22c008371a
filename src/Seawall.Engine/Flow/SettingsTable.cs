using System.Collections.Immutable;

namespace Seawall.Engine.Flow;

/// <summary>
/// Keeps one object for each value of <see cref="SessionSettings"/> that anybody holds. Values that nobody holds any more
/// go away: a client may set a variable to something new with each statement. Thread-safe; locked only when a session
/// changes a setting.
/// </summary>
public sealed class SettingsTable
{
    /// <summary>How many new values come between two sweeps of dead ones.</summary>
    private const int SweepEvery = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<Key, WeakReference<SessionSettings>> _known = [];
    private int _sinceSweep;

    /// <summary>An empty table.</summary>
    public SettingsTable() => Fresh = new SessionSettings(this, null, false, []);

    /// <summary>A fresh login, without schema.</summary>
    public SessionSettings Fresh { get; }

    internal SessionSettings Intern(string? schema, bool multiStatements, ImmutableArray<SessionVariable> variables)
    {
        if (schema is null && !multiStatements && variables.IsEmpty)
            return Fresh;
        var key = new Key(schema, multiStatements, variables);
        lock (_lock)
        {
            if (_known.TryGetValue(key, out var reference) && reference.TryGetTarget(out var known))
                return known;
            if (++_sinceSweep >= SweepEvery)
                Sweep();
            var settings = new SessionSettings(this, schema, multiStatements, variables);
            _known[key] = new(settings);
            return settings;
        }
    }

    private void Sweep()
    {
        _sinceSweep = 0;
        foreach (var (key, reference) in _known)
        {
            if (!reference.TryGetTarget(out _))
                _known.Remove(key);
        }
    }

    private readonly struct Key(string? schema, bool multiStatements, ImmutableArray<SessionVariable> variables)
        : IEquatable<Key>
    {
        private readonly string? _schema = schema;
        private readonly bool _multiStatements = multiStatements;
        private readonly ImmutableArray<SessionVariable> _variables = variables;

        public bool Equals(Key other) =>
            _multiStatements == other._multiStatements && _schema == other._schema
            && _variables.AsSpan().SequenceEqual(other._variables.AsSpan());

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_schema);
            hash.Add(_multiStatements);
            foreach (var variable in _variables)
                hash.Add(variable);
            return hash.ToHashCode();
        }
    }
}
