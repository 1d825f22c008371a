using System.Net;

namespace Seawall.Control.Settings;

/// <summary>Reads settings whole: text, values, names, passwords. Nothing is used unless everything is right.</summary>
public sealed class SettingsReader
{
    private readonly PasswordReader _passwords = new();
    private readonly Addresses _addresses;
    private readonly TlsContexts _tls;

    /// <summary>A reader that asks the system's resolver.</summary>
    public SettingsReader(TimeProvider time)
        : this(time, static (host, cancel) => Dns.GetHostAddressesAsync(host, cancel))
    {
    }

    internal SettingsReader(TimeProvider time, NameLookup lookUp)
    {
        _addresses = new Addresses(lookUp, time);
        _tls = new TlsContexts(time);
    }

    /// <summary>Asks for addresses of names.</summary>
    internal Addresses Addresses => _addresses;

    /// <summary>Reads; the settings are null when there is any error.</summary>
    public async Task<SettingsReading> Read(SettingsSource source, CancellationToken cancel)
    {
        var (text, problem) = await source.Read(cancel);
        if (text is null)
            return new(null, [new SettingsProblem(true, source.Name, problem)]);
        var document = SettingsDocument.Read(text, source.Name, hasLines: source.Path is not null);
        if (document.IsBroken)
            return new(null, [.. document.Problems]);
        var composer = new SettingsComposer(document, source, _passwords, _addresses, _tls);
        var settings = await composer.Compose(cancel);
        SettingsProblem[] problems = [.. document.Problems, .. composer.Problems];
        return new(problems.Any(found => found.IsError) ? null : settings, problems);
    }
}
