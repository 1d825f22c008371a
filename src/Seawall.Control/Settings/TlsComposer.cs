using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops.Tls;

namespace Seawall.Control.Settings;

/// <summary>Makes what the sections say of TLS.</summary>
internal sealed class TlsComposer(SettingsComposer composer, SettingsSource source, TlsContexts contexts)
{
    private static readonly string[] s_files = ["tls_certificate", "tls_key", "tls_ca"];

    /// <summary>The context for clients, and whether those without TLS are turned away.</summary>
    internal (TlsServerContext? Context, bool IsRequired) ForClients(SettingsSection section)
    {
        var word = section.Text("tls");
        if (word == "off")
        {
            WarnOfUnused(section);
            return (null, false);
        }
        var certificate = PathOf(section, "tls_certificate");
        var verify = section.Text("tls_verify") switch
        {
            "optional" => ClientCertificates.Optional,
            "required" => ClientCertificates.Required,
            _ => ClientCertificates.None,
        };
        if (!HasWhatItNeeds(section, certificate, verify != ClientCertificates.None))
            return (null, word == "required");
        // A certificate of one's own is optional: clients that do not verify are better off with any than with none.
        var loaded = certificate is null && verify == ClientCertificates.None
            ? contexts.SelfSigned(VersionOf(section))
            : certificate is null
                ? new TlsLoad<TlsServerContext>(null, "clients.tls_verify needs clients.tls_certificate")
                : contexts.ForClients(new TlsServerFiles
                {
                    Certificate = certificate,
                    Key = PathOf(section, "tls_key") ?? certificate,
                    Ca = PathOf(section, "tls_ca"),
                    Verify = verify,
                    Min = VersionOf(section),
                });
        Note(section, "clients", loaded.Problem);
        return (loaded.Context, word == "required");
    }

    /// <summary>Whether and how connections to a server are encrypted.</summary>
    internal (ServerTls Tls, TlsClientContext? Context) ForServer(SettingsSection section, string name)
    {
        var word = section.Text("tls");
        if (word == "off")
        {
            WarnOfUnused(section);
            return (ServerTls.Off, null);
        }
        var tls = word == "required" ? ServerTls.Required : ServerTls.Preferred;
        var verify = section.Text("tls_verify") switch
        {
            "ca" => ServerVerification.Ca,
            "identity" => ServerVerification.Identity,
            _ => ServerVerification.None,
        };
        if (verify != ServerVerification.None && tls != ServerTls.Required)
        {
            composer.Complain(section, "tls_verify",
                "servers.tls_verify needs servers.tls = \"required\": whoever sits between could say that there is no TLS");
        }
        var certificate = PathOf(section, "tls_certificate");
        if (!HasWhatItNeeds(section, certificate, needsAuthority: false))
            return (tls, null);
        var loaded = contexts.ForServer(name, new TlsClientFiles
        {
            Ca = PathOf(section, "tls_ca"),
            Verify = verify,
            Certificate = certificate,
            Key = PathOf(section, "tls_key") ?? certificate,
            Min = VersionOf(section),
        });
        Note(section, $"servers.{name}", loaded.Problem);
        return (tls, loaded.Context);
    }

    private bool HasWhatItNeeds(SettingsSection section, string? certificate, bool needsAuthority)
    {
        if (certificate is null && section.Has("tls_key"))
        {
            composer.Complain(section, "tls_key", $"{section.Name}.tls_key needs {section.Name}.tls_certificate");
            return false;
        }
        if (needsAuthority && !section.Has("tls_ca"))
        {
            composer.Complain(section, "tls_verify", $"{section.Name}.tls_verify needs {section.Name}.tls_ca");
            return false;
        }
        if (section.Has("tls_ca") && section.Text("tls_verify") == "none")
        {
            // Whoever names an authority believes that something is verified.
            composer.Complain(section, "tls_ca",
                $"{section.Name}.tls_ca is not used, because {section.Name}.tls_verify = \"none\"");
            return false;
        }
        if (PathOf(section, "tls_key") is { } key && FileProblems.OthersCanRead(key))
            composer.Warn(section, "tls_key", $"{section.Name}.tls_key: every user of this machine can read {key}");
        return true;
    }

    private void Note(SettingsSection section, string path, string? problem)
    {
        if (problem is not null)
            composer.Complain(section, s_files.FirstOrDefault(section.Has, "tls"), $"{section.Name}.tls: {problem}");
        foreach (var key in s_files.Where(section.Has))
            composer.Mark($"{path}.{key}", TlsContexts.MarkOf(PathOf(section, key)!));
    }

    private void WarnOfUnused(SettingsSection section)
    {
        if (section.Values.Keys.FirstOrDefault(key => key.StartsWith("tls_", StringComparison.Ordinal)) is { } unused)
            composer.Warn(section, unused, $"{section.Name}.{unused} is not used: {section.Name}.tls = \"off\"");
    }

    private static TlsVersion VersionOf(SettingsSection section) =>
        section.Text("tls_min") == "1.3" ? TlsVersion.Tls13 : TlsVersion.Tls12;

    private string? PathOf(SettingsSection section, string key) =>
        section.Has(key) ? Path.Combine(source.Folder, section.Text(key)) : null;
}
