using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;
using Seawall.MySql.Compression;
using Seawall.MySql.Handshakes;

namespace Seawall.Control.Settings;

/// <summary>
/// Makes settings of a document: what no single value shows, such as names that come twice, is checked here. Goes on
/// after an error, to find the next one.
/// </summary>
internal sealed class SettingsComposer
{
    /// <summary>The word that switches a listener off.</summary>
    private const string Off = "off";

    /// <summary>Of the admin port's socket, when it is one: its password is in a file of the same user.</summary>
    private const int AdminSocketMode = 0x180; // 0600

    private readonly SettingsDocument _document;
    private readonly SettingsSource _source;
    private readonly PasswordReader _passwords;
    private readonly Addresses _addresses;
    private readonly TlsComposer _tls;
    private readonly List<SettingsProblem> _problems = [];
    private readonly SortedDictionary<string, ulong> _marks = new(StringComparer.Ordinal);

    internal SettingsComposer(
        SettingsDocument document, SettingsSource source, PasswordReader passwords, Addresses addresses,
            TlsContexts tls)
    {
        _tls = new TlsComposer(this, source, tls);
        _document = document;
        _source = source;
        _passwords = passwords;
        _addresses = addresses;
    }

    /// <summary>Errors and warnings so far.</summary>
    internal IReadOnlyList<SettingsProblem> Problems => _problems;

    /// <summary>Makes the settings; only good when there are no errors.</summary>
    internal async Task<SeawallSettings> Compose(CancellationToken cancel)
    {
        var servers = await new ServersComposer(this, _document, _source, _addresses, _tls).Compose(cancel);
        var pools = Pools();
        var listen = await Listeners(cancel);
        var engine = new EngineOptions
        {
            Listen = listen,
            Servers = servers,
            Topology = TopologyKeys.Compose(_document.Section("topology")),
            Clients = Clients(),
            Pools = pools,
            Reads = Reads(servers, listen),
            Overload = new OverloadComposer(this, _document, listen).Compose(),
            Deferral = new DeferralComposer(this, _document).Compose(),
            Capture = CaptureKeys.Compose(this, _document, _source.Folder),
            Protection = OverloadComposer.Protection(_document.Section("protection")),
            Monitor = Monitor(),
            Accounts = Accounts(),
            Loops = _document.Section("process").Number("loops"),
        };
        var log = _document.Section("log");
        var settings = new SeawallSettings
        {
            Engine = engine,
            Admin = await Admin(cancel),
            Metrics = await Metrics(cancel),
            Log = new LogOptions(LevelOf(log.Text("level")), log.Text("format") == "json"),
            Handover = _document.Section("process") is var process && process.Has("handover")
                ? Path.Combine(_source.Folder, process.Text("handover")) : null,
            BrownoutsFile = BrownoutsFile(_document.Section("overload")),
            ShutdownMsMax = _document.Section("process").Number("shutdown_ms_max"),
            Rows = SettingRows.Of(_document, _source),
            Marks = _marks.ToImmutableDictionary(),
        };
        WarnOf(settings);
        return settings;
    }

    private ReadOptions Reads(ImmutableArray<ServerOptions> servers, ImmutableArray<Endpoint> listen)
    {
        var section = _document.Section("reads");
        var reads = ReadKeys.Compose(section) with { Rules = ReadKeys.Rules(this, _document, listen) };
        if (reads is { From: ReadsFrom.Primary, Rules.IsEmpty: false })
            Warn(_document.List("routes")[0], "name", "[[routes]] does nothing while reads.from = \"primary\"");
        if (reads.From == ReadsFrom.Primary)
            return reads;
        if (servers.Length < 2)
            Complain(section, "from", "reads.from = \"replicas\", and there is one server: there are no replicas");
        if (!_document.Section("monitor").Has("user"))
            Complain(section, "from", "reads.from = \"replicas\" takes a monitoring account ([monitor]), which asks the servers for their positions");
        if (reads.SpillsWithoutBudget)
            DoubtMissingBudget(section);
        return reads;
    }

    private void DoubtMissingBudget(SettingsSection section)
    {
        Warn(section, "spill_budget", "reads.spill_budget = \"none\": THE PRIMARY IS NOT PROTECTED. Reads that no replica may answer go there however many "
            + "they are, and it falls with its replicas; leave spill_budget out unless you want to see that");
        if (!section.Has("spill_share"))
            return;
        if (section.Number("spill_share") == 0)
            Complain(section, "spill_share", "reads.spill_share = 0 keeps all reads of replicas off the primary, and "
                + "reads.spill_budget = \"none\" none: leave one out");
        else
            Warn(section, "spill_share", "reads.spill_share does nothing with reads.spill_budget = \"none\"");
    }

    // A restart would be the moment at which somebody finds out that there was none.
    private string? BrownoutsFile(SettingsSection section)
    {
        if (!section.Has("brownouts_file"))
            return null;
        var path = Path.Combine(_source.Folder, section.Text("brownouts_file"));
        if (section.Text("brownouts_file").Length == 0)
            Complain(section, "brownouts_file", "overload.brownouts_file = \"\": name a file, or leave it out");
        else if (Directory.Exists(path))
            Complain(section, "brownouts_file", $"overload.brownouts_file: {path} is a folder");
        else if (Path.GetDirectoryName(path) is { Length: > 0 } folder && !Directory.Exists(folder))
            Complain(section, "brownouts_file", $"overload.brownouts_file: there is no folder {folder}");
        return path;
    }

    /// <summary>The name of a rule or a group, in a section of which each has one; <paramref name="before"/>: those before it.</summary>
    internal string NameOf(SettingsSection section, string what, IEnumerable<string> before)
    {
        const int LettersMax = 64;
        var name = section.Text("name");
        if (name.Length == 0)
            Complain(section, "name", $"a {what} of [[{section.Name}]] has no name");
        else if (name.Length > LettersMax || name.Any(char.IsControl))
        {
            Complain(section, "name", $"{section.Name}.name: a name has at most {LettersMax} letters, all of which can be seen; this one has {name.Length}");
        }
        else if (before.Contains(name))
            Complain(section, "name", $"two {what}s of [[{section.Name}]] are named \"{name}\"");
        return name;
    }

    /// <summary>What must hold for a rule to fit, under a key that is a text; null when it is not set.</summary>
    internal string? Condition(SettingsSection section, string key)
    {
        if (!section.Has(key))
            return null;
        if (section.Text(key).Length == 0)
            Complain(section, key, $"{section.Name}.{key} = \"\" fits nothing; leave it out, and the rule is for any");
        return section.Text(key);
    }

    /// <summary>Notes an error at a key of a section.</summary>
    internal void Complain(SettingsSection section, string key, string message) =>
        _problems.Add(new SettingsProblem(true, _document.PlaceOf(section, key), message));

    /// <summary>The digests of statements that a rule names, under <c>digest</c>.</summary>
    internal ImmutableArray<ulong> Digests(SettingsSection section)
    {
        ComplainOfNone(section, "digest", "any statement");
        var digests = ImmutableArray.CreateBuilder<ulong>();
        foreach (var written in section.List("digest"))
        {
            if (written.Length == 16 && ulong.TryParse(written, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var digest))
                digests.Add(digest);
            else
                Complain(section, "digest", $"{section.Name}.digest: \"{written}\" is no digest: 16 hexadecimal digits");
        }
        return digests.ToImmutable();
    }

    /// <summary>The networks that a rule names, under <c>from</c>.</summary>
    internal PeerNetworks? Networks(SettingsSection section)
    {
        ComplainOfNone(section, "from", "everywhere");
        var networks = PeerNetworks.Read(section.List("from"), out var wrong);
        if (networks is null)
        {
            Complain(section, "from",
                $"{section.Name}.from: \"{wrong}\" is no network: write 10.0.0.0/8, 10.1.2.3, fd00::/8 or unix");
        }
        return networks;
    }

    // An empty list would be read as "none" by one and as "all" by another.
    private void ComplainOfNone(SettingsSection section, string key, string all)
    {
        if (section.Has(key) && section.List(key).IsEmpty)
            Complain(section, key, $"{section.Name}.{key} = []: name some, or leave it out for {all}");
    }

    /// <summary>The listener that a rule names, under <c>listen</c>, as it is looked up: two ways to write an address are one.</summary>
    internal string? Listener(SettingsSection section, ImmutableArray<Endpoint> listen)
    {
        if (!section.Has("listen"))
            return null;
        var written = section.Text("listen");
        var listener = listen.FirstOrDefault(endpoint => endpoint.Text == written || $"unix:{endpoint.Text}" == written);
        if (listener is null)
        {
            Complain(section, "listen",
                $"{section.Name}.listen: \"{written}\" is none of clients.listen: {string.Join(", ", listen.Select(endpoint => endpoint.Text))}");
        }
        return listener?.Text;
    }

    /// <summary>Notes a number that differs when a secret or a file does.</summary>
    internal void Mark(string key, ulong mark) => _marks[key] = mark;

    /// <summary>Notes something that works, and is probably not what was meant.</summary>
    internal void Warn(SettingsSection section, string key, string message) =>
        _problems.Add(new SettingsProblem(false, _document.PlaceOf(section, key), message));

    private static LogLevel LevelOf(string word) => word switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => LogLevel.Information,
    };

    private async Task<ImmutableArray<Endpoint>> Listeners(CancellationToken cancel)
    {
        var section = _document.Section("clients");
        if (ModeOf(section.Text("socket_mode")) is not { } mode)
        {
            Complain(section, "socket_mode",
                $"clients.socket_mode = \"{section.Text("socket_mode")}\": it must be \"0000\" to \"0777\", octal digits in quotes");
            mode = 0;
        }
        var endpoints = ImmutableArray.CreateBuilder<Endpoint>();
        foreach (var text in section.List("listen", "127.0.0.1:6033"))
        {
            if (await Listener(section, text, cancel) is not { } endpoint)
                continue;
            if (endpoints.Any(other => other.Text == endpoint.Text
                && !endpoint.Text.EndsWith(":0", StringComparison.Ordinal)))
                Complain(section, "listen", $"clients.listen has {endpoint} twice");
            else
                endpoints.Add(endpoint.WithMode(mode));
        }
        if (endpoints.Count == 0 && section.List("listen", "").IsEmpty)
            Complain(section, "listen", "clients.listen is empty: clients could not come in");
        return endpoints.ToImmutable();
    }

    private static int? ModeOf(string octal)
    {
        var mode = 0;
        foreach (var digit in octal)
        {
            if (digit is < '0' or > '7' || mode > 0x3F)
                return null;
            mode = (mode * 8) + (digit - '0');
        }
        return octal.Length == 0 ? null : mode;
    }

    private async Task<Endpoint?> Listener(SettingsSection section, string text, CancellationToken cancel)
    {
        // Port 0 lets the system choose one, which is said at the start; what is found by its port must have one.
        if (WrittenAddress.Read(text, section.Name == "clients" ? 0 : 1, out var problem) is { } address)
        {
            (var endpoint, problem) = await _addresses.Find(address, cancel);
            if (endpoint is not null)
                return endpoint;
        }
        Complain(section, "listen", $"{section.Name}.listen: {problem}");
        return null;
    }

    private ClientOptions Clients()
    {
        var section = _document.Section("clients");
        var (tls, requiresTls) = _tls.ForClients(section);
        return new ClientOptions
        {
            Tls = tls,
            RequiresTls = requiresTls,
            CountMax = section.Number("max"),
            LoginsMax = section.Number("logins_max"),
            CryptoMax = section.Number("crypto_max"),
            LoginsPerSourceMax = section.Number("logins_per_source_max"),
            LoginBytesMax = section.Number("login_bytes_max"),
            WrongPasswordsFree = section.Number("wrong_passwords_free"),
            WrongPasswordMsMax = section.Number("wrong_password_ms_max"),
            LoginMsMax = section.Number("login_ms_max"),
            IdleMsMax = section.Long("idle_ms_max"),
            MatchesClientHost = section.Flag("match_host"),
            Compression = CompressionOf(section),
            CancelsVanished = section.Flag("cancel_vanished"),
            ProxiesFrom = Proxies(section),
        };
    }

    private Capabilities CompressionOf(SettingsSection section)
    {
        var offered = Capabilities.None;
        foreach (var word in section.List("compression", "zlib", "zstd"))
        {
            var kind = KindOf(word);
            if (kind == CompressionKind.None)
                Complain(section, "compression", $"clients.compression has \"{word}\": it may have \"zlib\" and \"zstd\"");
            else if (section.Has("compression"))
                WarnOfMissing(section, kind, "clients.compression");
            offered |= CompressionKinds.FlagOf(kind);
        }
        return offered;
    }

    /// <summary>The word of a setting; nothing for any other word.</summary>
    internal static CompressionKind KindOf(string word) => word switch
    {
        "zlib" => CompressionKind.Zlib,
        "zstd" => CompressionKind.Zstd,
        _ => CompressionKind.None,
    };

    /// <summary>Warns of a compression that this machine cannot do.</summary>
    internal void WarnOfMissing(SettingsSection section, CompressionKind kind, string setting)
    {
        if (CompressionBench.Has(kind))
            return;
        var library = kind == CompressionKind.Zstd ? "libzstd.so.1 (package libzstd1)" : ".NET's library for zlib";
        Warn(section, "compression",
            $"{setting} has \"{kind.ToString().ToLowerInvariant()}\", and this machine has no {library}: it is not used");
    }

    private PeerNetworks Proxies(SettingsSection section)
    {
        if (PeerNetworks.Read(section.List("proxy_protocol_from"), out var wrong) is not { } networks)
        {
            Complain(section, "proxy_protocol_from",
                $"clients.proxy_protocol_from: \"{wrong}\" is no network: write 10.0.0.0/8, 10.1.2.3, fd00::/8 or unix");
            return PeerNetworks.None;
        }
        if (networks.HasEverybody)
        {
            Warn(section, "proxy_protocol_from",
                "clients.proxy_protocol_from has everybody: whoever reaches Seawall may say that it comes from anywhere");
        }
        return networks;
    }

    private ImmutableArray<PinRule> PinsRefused(SettingsSection section)
    {
        var rules = ImmutableArray.CreateBuilder<PinRule>();
        foreach (var text in section.List("pins_refused"))
        {
            var colon = text.LastIndexOf(':');
            var name = text[(colon + 1)..];
            // A piece of a parameter has no answer in which it could be refused; the soft ones cost nobody a connection.
            if (PinCatalog.Find(name) is { } reason && (reason & (PinReasons.Soft | PinReasons.LongData)) == 0)
                rules.Add(new PinRule(colon > 0 ? text[..colon] : null, reason));
            else
            {
                Complain(section, "pins_refused", $"pool.pins_refused: \"{name}\" is no reason that can be refused; "
                    + $"there are {string.Join(", ", PinCatalog.All.Where(IsRefusable).Select(entry => entry.Name))}");
            }
        }
        return rules.ToImmutable();

        static bool IsRefusable(PinEntry entry) => (entry.Reason & (PinReasons.Soft | PinReasons.LongData)) == 0;
    }

    private PoolLimits Pools()
    {
        var section = _document.Section("pool");
        var limits = new PoolLimits
        {
            SizeMax = section.Number("size"),
            IdleMin = section.Number("idle_min"),
            WaitMsMax = section.Number("wait_ms_max"),
            StallMsMax = section.Number("stall_ms_max"),
            WaitersMax = section.Number("waiters_max"),
            IdleMsMax = section.Number("idle_ms_max"),
            LifetimeMsMax = section.Number("lifetime_ms_max"),
            PreparedMax = section.Number("prepared_max"),
            PinsRefused = PinsRefused(section),
        };
        if (limits.IdleMin > limits.SizeMax)
            Complain(section, "idle_min",
                $"pool.idle_min = {limits.IdleMin} is more than pool.size = {limits.SizeMax}");
        return limits;
    }

    private Account? Monitor()
    {
        var section = _document.Section("monitor");
        return section.Line == 0 ? null : AccountOf(section, "monitor");
    }

    private ImmutableArray<Account> Accounts()
    {
        var accounts = ImmutableArray.CreateBuilder<Account>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in _document.List("accounts"))
        {
            var name = section.Text("user");
            if (section.Has("user") && !names.Add(name))
                Complain(section, "user", $"accounts.user = \"{name}\" is there twice");
            else if (AccountOf(section, $"accounts.{name}") is { } account)
                accounts.Add(account);
        }
        return accounts.ToImmutable();
    }

    private Account? AccountOf(SettingsSection section, string path)
    {
        var user = section.Text("user");
        if (user.Length == 0)
            Complain(section, "user", section.Has("user") ? $"{section.Name}.user is empty"
                : $"{section.Name} has no user");
        var (secrets, mark) = PasswordOf(section, path, isOptional: false);
        if (user.Length == 0 || secrets is null)
            return null;
        // The mark makes an account with another password another account: what servers let in under the old one is
        // closed.
        return new Account(user, "%", [], AccountSource.Settings, secrets) { Fingerprint = mark };
    }

    private (LearntSecrets? Secrets, ulong Mark) PasswordOf(SettingsSection section, string path, bool isOptional)
    {
        var reading = _passwords.Read(section, _source, isOptional, out var key, out var problem);
        if (problem.Length > 0)
            Complain(section, key, problem);
        if (reading is null)
            return default;
        _marks[$"{path}.{key}"] = reading.Mark;
        return (reading.Secrets, reading.Mark);
    }

    private async Task<AdminOptions?> Admin(CancellationToken cancel)
    {
        var section = _document.Section("admin");
        var (secrets, _) = PasswordOf(section, "admin", isOptional: true);
        if (section.Text("user").Length == 0)
            Complain(section, "user", "admin.user is empty");
        if (section.Text("listen") == Off || await Listener(section, section.Text("listen"),
            cancel) is not { } endpoint)
            return null;
        if (!endpoint.IsLocal)
            Warn(section, "listen", $"admin.listen = \"{endpoint}\" can be reached from other machines");
        return new AdminOptions(endpoint.WithMode(AdminSocketMode), section.Text("user"), secrets);
    }

    private async Task<MetricsOptions?> Metrics(CancellationToken cancel)
    {
        var section = _document.Section("metrics");
        var (secrets, _) = PasswordOf(section, "metrics", isOptional: true);
        var text = section.Text("listen");
        if (text == Off)
            return null;
        if (WrittenAddress.Read(text, portMin: 1, out var problem) is not { IsUnix: false } address)
        {
            Complain(section, "listen", problem.Length > 0 ? $"metrics.listen: {problem}"
                : "metrics.listen must be host:port");
            return null;
        }
        (var host, problem) = await _addresses.FindHost(address.Host, cancel);
        if (host is null)
        {
            Complain(section, "listen", $"metrics.listen: {problem}");
            return null;
        }
        if (!IPAddress.IsLoopback(host) && secrets is null)
            Warn(section, "listen", $"metrics.listen = \"{text}\" can be reached from other machines, and there is no metrics.password");
        return new MetricsOptions(new IPEndPoint(host, address.Port), secrets);
    }

    private void WarnOf(SeawallSettings settings)
    {
        var pool = _document.Section("pool");
        foreach (var server in settings.Engine.Servers)
        {
            if (settings.Engine.Overload.Mode == OverloadMode.Enforce && settings.Engine.Pools.SizeMax < server.RunningMax)
            {
                Warn(pool, "size", $"pool.size = {settings.Engine.Pools.SizeMax} is less than server \"{server.Id}\" may run "
                    + $"(servers.running_max = {server.RunningMax}): statements of one account wait for connections, "
                    + "as long as pool.wait_ms_max, whatever their class may");
            }
            if (server.ConnectionsMax < settings.Engine.Pools.SizeMax)
            {
                Warn(pool, "size", $"pool.size = {settings.Engine.Pools.SizeMax} is more than server \"{server.Id}\" may have in all "
                    + $"(servers.connections_max = {server.ConnectionsMax})");
            }
        }
        if (settings.Engine.Overload is { Mode: not OverloadMode.Off, Limit: LimitMode.Adaptive }
            && _document.List("servers").Any(server => !server.Has("running_max")))
        {
            Warn(_document.Section("overload"), "limit", "overload.limit = \"adaptive\" finds no more than servers.running_max, which is "
                + "not set: set it to the most that may ever run there");
        }
        if (settings.Engine.Overload is { Mode: not OverloadMode.Off, LagMs: > 0 } && (settings.Engine.Monitor is null || settings.Engine.Servers.Length < 2))
        {
            Warn(_document.Section("overload"), "lag_ms", "overload.lag_ms takes replicas and a monitoring account ([monitor]), which asks "
                + "the servers for their positions: nothing is slowed down");
        }
        // What stands for a value that cannot be says nothing of what was meant.
        if (_document.Problems.Count == 0 && !_problems.Exists(problem => problem.IsError))
            new OverloadDoubts(this, _document).Tell(settings.Engine);
        if (settings.Engine.Monitor is null)
        {
            _problems.Add(new SettingsProblem(false, _source.Name,
                "no [monitor]: accounts are learnt from the servers' yes or no, and clients must know caching_sha2_password"));
        }
    }
}
