using System.Collections.Immutable;
using System.Globalization;
using Seawall.Engine;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;

namespace Seawall.Control.Settings;

/// <summary>Every key that the settings file may have, in the order in which people should meet them.</summary>
internal static class SettingKeys
{
    /// <summary>
    /// The longest time that is believed to be meant: 20 days, below what 32 bits of milliseconds hold.
    /// </summary>
    private const long DaysMsMax = 20L * 24 * 60 * 60 * 1000;

    private const long HourMs = 60 * 60 * 1000;

    // The engine's own defaults are the settings' defaults: there is no second list to keep in step.
    private static readonly ClientOptions s_clients = new();
    private static readonly PoolLimits s_pool = new();
    private static readonly OverloadOptions s_overload = new();
    private static readonly ProtectionOptions s_protection = new();
    private static readonly DialLimits s_dial = new();
    private static readonly CancelLimits s_cancels = new();
    private static readonly ServerOptions s_server = new() { Id = new ServerId(""), Endpoint = Endpoint.Unix("/")! };

    /// <summary>Sections that may come more than once, as <c>[[name]]</c>.</summary>
    internal static ImmutableArray<string> Lists { get; } = ["servers", "classes", "brownouts", "routes", "deferrals", "accounts"];

    /// <summary>All keys.</summary>
    internal static ImmutableArray<SettingKey> All { get; } =
    [
        .. Clients(), .. Servers(), .. TopologyKeys.All, .. Pool(), .. ReadKeys.All, .. Overload(), .. ClassRules(), .. Brownouts(), .. DeferralKeys.All,
        .. CaptureKeys.All, .. Protection(), .. Password("monitor", User("monitor",
            "The account that Seawall watches the servers with and reads their accounts; without it accounts are learnt")),
        .. Password("accounts", User("accounts",
            "An account that Seawall knows by its password, whatever the servers tell")),
        .. Password("admin",
            Text("admin", "listen", "127.0.0.1:6034",
                "Where the SQL admin port listens; \"off\" for none") with { ReloadsLive = false },
            Text("admin", "user", "admin",
                "The account of the admin port; without a password a random one is made at each start")),
        .. Password("metrics", Text("metrics", "listen", "127.0.0.1:6035",
            "Where metrics are served over HTTP; \"off\" for none")
            with { ReloadsLive = false }),
        .. Process(),
    ];

    /// <summary>The sections, in order.</summary>
    internal static ImmutableArray<string> Sections { get; } = [.. All.Select(key => key.Section).Distinct()];

    /// <summary>The keys of a section.</summary>
    internal static IEnumerable<SettingKey> Of(string section) => All.Where(key => key.Section == section);

    private static SettingKey[] Clients() =>
    [
        new()
        {
            Section = "clients", Name = "listen", Kind = SettingKind.TextList, Default = "[\"127.0.0.1:6033\"]",
                ReloadsLive = false,
            Meaning = "Where clients come in: addresses with ports, paths of Unix sockets",
        },
        Text("clients", "socket_mode", "0777",
            "Who may connect to the Unix sockets of listen: their mode, in octal; everybody by default, as with servers")
            with { ReloadsLive = false },
        new()
        {
            Section = "clients", Name = "proxy_protocol_from", Kind = SettingKind.TextList, Default = "[]",
            Meaning = "Networks of proxies that must say by the PROXY protocol whom they speak for, and \"unix\" for Unix sockets",
        },
        Number("clients", "max", s_clients.CountMax, 1, 1_000_000,
            "Clients at one time; one more hears \"Too many connections\""),
        Number("clients", "logins_max", s_clients.LoginsMax, 1, 1_000_000,
            "Logins under way at one time, and never more than half of max; for one more, the oldest is ended"),
        Number("clients", "crypto_max", s_clients.CryptoMax, 1, 4_096,
            "Pieces of cryptography of logins that may wait for a processor; who needs one more hears \"Too many connections\""),
        Number("clients", "logins_per_source_max", s_clients.LoginsPerSourceMax, 1, 1_000_000,
            "Logins under way from one address, or one IPv6 network of 64 bits, and never more than a quarter of max"),
        Number("clients", "login_bytes_max", s_clients.LoginBytesMax, 0, int.MaxValue,
            "Bytes that logins under way hold, all together, beyond 4 KiB each"),
        Number("clients", "wrong_passwords_free", s_clients.WrongPasswordsFree, 1, 1_000,
            "Wrong passwords for one account from one source before further ones must wait"),
        Number("clients", "wrong_password_ms_max", s_clients.WrongPasswordMsMax, 0, HourMs,
            "The longest that they must wait, beginning with 250 ms and doubling; 0 for never"),
        Number("clients", "login_ms_max", s_clients.LoginMsMax, 10, HourMs, "How long a login may take"),
        Number("clients", "idle_ms_max", s_clients.IdleMsMax, 10, DaysMsMax, "How long a client may be silent"),
        Flag("clients", "match_host", s_clients.MatchesClientHost,
            "Whether the servers must have an account for the client's own address, and not just for Seawall's"),
        new()
        {
            Section = "clients", Name = "compression", Kind = SettingKind.TextList, Default = "[\"zlib\", \"zstd\"]",
            Meaning = "What compression clients may ask for, when the server offers it as well",
        },
        Flag("clients", "cancel_vanished", s_clients.CancelsVanished,
            "Whether a statement is ended at the server when its client has gone: one that only reads, or is rolled back anyway"),
        Choice("clients", "tls", ["off", "preferred", "required"], "preferred",
            "Whether clients may, or must, encrypt; without a certificate Seawall makes one that nobody can verify"),
        Text("clients", "tls_certificate", "",
            "A PEM file with the certificate for clients, those of the authorities below the root behind it"),
        Text("clients", "tls_key", "", "A PEM file with its key; when it is not set, the key is in the same file"),
        Text("clients", "tls_ca", "", "A PEM file with the authorities that sign clients' certificates"),
        Choice("clients", "tls_verify", ["none", "optional", "required"], "none",
            "Whether clients may, or must, show a certificate"),
        Choice("clients", "tls_min", ["1.2", "1.3"], "1.2", "The oldest TLS version that is spoken with clients"),
    ];

    private static SettingKey[] Servers() =>
    [
        Text("servers", "name", "", "Its name in messages, metrics and the admin port") with { IsRequired = true },
        Text("servers", "address", "", "Where it is: host:port, or the path of its Unix socket; looked up at each load")
            with { IsRequired = true },
        Choice("servers", "role", ["auto", "primary", "replica"], "auto",
            "What it is for: found out by what the servers say (of a server alone there is nothing to find out: it is the primary), or fixed"),
        Flag("servers", "drain", s_server.IsDrained,
            "Whether it finishes what it has and gets nothing new, as with DRAIN SERVER; not while it is the primary"),
        Number("servers", "connections_max", s_server.ConnectionsMax, 1, 100_000,
            "Connections that Seawall may have to it, over all accounts"),
        Number("servers", "running_max", s_server.RunningMax, 1, 100_000,
            "Statements that may run there at one time, where overload.mode limits that; the most, when overload.limit is \"adaptive\""),
        Number("servers", "running_min", s_server.RunningMin, 1, 100_000, "The least that may, when overload.limit is \"adaptive\""),
        Number("servers", "connect_ms_max", s_server.ConnectMsMax, 1, HourMs,
            "How long a connection to it may take to open"),
        Number("servers", "login_ms_max", s_server.LoginMsMax, 1, HourMs, "How long a login may take after that"),
        Number("servers", "hang_ms_max", s_server.HangMsMax, 0, HourMs,
            "How long it may answer nothing while statements are in flight, before its connections are closed; 0 for as long as it likes"),
        Number("servers", "dials_per_second", (long)s_dial.PerSecond, 1, 100_000,
            "Connections opened to it in a second, in the long run"),
        Number("servers", "dial_burst", s_dial.Burst, 1, 100_000, "Connections opened at once after a pause"),
        Number("servers", "dials_in_progress_max", s_dial.InProgressMax, 1, 10_000,
            "Logins to it under way at one time"),
        Choice("servers", "compression", ["none", "zlib", "zstd"], "none",
            "How to compress what goes to and fro; when it does not offer that, nothing is compressed"),
        Number("servers", "cancel_connections_max", s_cancels.ConnectionsMax, 1, 100,
            "Connections to it on which statements are ended, beside those of connections_max"),
        Number("servers", "cancels_per_second", s_cancels.PerSecond, 1, 100_000,
            "Statements of clients that have gone, ended in a second; what is more runs to its end"),
        Choice("servers", "tls", ["off", "preferred", "required"], "preferred",
            "Whether to encrypt; \"preferred\": when it offers TLS and is not on this machine"),
        Choice("servers", "tls_verify", ["none", "ca", "identity"], "none",
            "What of its certificate is verified: nothing, who has signed it, or also that it is for the host of its address"),
        Text("servers", "tls_ca", "", "A PEM file with the authorities that sign its certificate; those of the system when it is not set"),
        Text("servers", "tls_certificate", "", "A PEM file with a certificate to show to it"),
        Text("servers", "tls_key", "", "A PEM file with that certificate's key; when it is not set, the key is in the same file"),
        Choice("servers", "tls_min", ["1.2", "1.3"], "1.2", "The oldest TLS version that is spoken with it"),
        Choice("servers", "proxy_protocol", ["none", "v1", "v2"], "none",
            "Whether connections to it begin with a PROXY header, which has Seawall's own address"),
        Text("servers", "public_key", "",
            "A PEM file with its public key (public_key.pem of its data folder), for passwords over connections that are not encrypted"),
        Flag("servers", "allow_public_key_retrieval", s_server.AllowsPublicKeyRetrieval,
            "Whether it may send its public key over a connection that is not encrypted; whoever sits between could read the password"),
    ];

    private static SettingKey[] Pool() =>
    [
        Number("pool", "size", s_pool.SizeMax, 1, 100_000, "Server connections of one account"),
        Number("pool", "idle_min", s_pool.IdleMin, 0, 100_000,
            "Server connections of one account that are kept although nobody uses them"),
        Number("pool", "wait_ms_max", s_pool.WaitMsMax, 1, HourMs,
            "How long a statement waits for a server connection"),
        Number("pool", "stall_ms_max", s_pool.StallMsMax, 100, HourMs,
            "How long a client may take nothing of its answer, or send nothing of its command, while others wait for its server connection"),
        Number("pool", "waiters_max", s_pool.WaitersMax, 0, 10_000_000,
            "Statements that wait at one time; one more is refused at once"),
        Number("pool", "idle_ms_max", s_pool.IdleMsMax, 1, DaysMsMax, "How long an unused server connection is kept"),
        Number("pool", "lifetime_ms_max", s_pool.LifetimeMsMax, 1_000, DaysMsMax,
            "How old a server connection may get, give or take a fifth"),
        Number("pool", "prepared_max", s_pool.PreparedMax, 1, 100_000,
            "Statements that stay prepared on one server connection"),
        new()
        {
            Section = "pool", Name = "pins_refused", Kind = SettingKind.TextList, Default = "[]",
            Meaning = "Reasons to keep a server connection that are refused: \"temporary_table\", or \"user:temporary_table\" for one account",
        },
    ];

    private static SettingKey[] Overload() =>
    [
        Choice("overload", "mode", ["off", "observe", "enforce"], "off",
            "Whether statements wait for their turn when servers.running_max of them run; \"observe\" only counts what would have been"),
        Choice("overload", "limit", ["fixed", "adaptive"], "fixed",
            "Whether that is the limit, or one is found between servers.running_min and that, by how long statements take"),
        Number("overload", "long_ms", s_overload.LongMs, 1, HourMs, "Statements of which others like them run longer than this are long"),
        Number("overload", "long_share_max", s_overload.LongShareMax, 1, 100,
            "Hundredths of what may run that long statements may have, rounded up; 100 for all"),
        Choice("overload", "tenants", ["none", "account", "schema", "tag"], "account",
            "Who takes turns among those of one class: \"tag\" is what statements say (tenant='...'), or else the account"),
        Number("overload", "queue_max_per_running", s_overload.QueueMaxPerRunning, 1, 10_000,
            "Statements of one class that may wait, for each that may run"),
        Number("overload", "queue_bytes_max", s_overload.QueueBytesMax, 1, int.MaxValue,
            "Bytes of statements of one class that may wait"),
        Number("overload", "defer_ms_max", s_overload.DeferMsMax, 0, HourMs,
            "How long statements of class background are deferred while there is no room: they hold no connection; 0 for not at all"),
        Number("overload", "defer_room", s_overload.DeferRoom, 1, 100,
            "Hundredths of servers.running_max below which deferred statements are let go, when nobody waits"),
        Number("overload", "defer_max", s_overload.DeferCountMax, 0, 1_000_000, "Statements that are deferred in front of one server at one time"),
        Number("overload", "defer_bytes_max", s_overload.DeferBytesMax, 1, int.MaxValue, "Bytes of statements that are"),
        Text("overload", "brownouts_file", "", "File in which brown-outs are kept, so that they go on over a restart; a restart ends them when it is not set")
            with { ReloadsLive = false },
        Number("overload", "kept_mib_max", 16, 0, 4_096, "MiB of answers that are kept for groups with brownouts.action = \"cache\""),
        Number("overload", "lag_ms", s_overload.LagMs, 0, HourMs,
            "Replicas further behind than this slow the writes of low classes down until they catch up; 0 for never"),
        Number("overload", "lag_ms_max", s_overload.LagMsMax, 1, HourMs, "Replicas further behind than this slow them down twice as fast"),
        Choice("overload", "lag_class", ["low", "background"], "low", "The classes whose writes that is: this one and those below"),
        Number("overload", "lag_wait_ms_max", s_overload.LagWaitMsMax, 0, HourMs, "How long such a write waits at most; who would wait longer is refused"),
        Number("overload", "tarpit_max", s_overload.TarpitMax, 0, 1_000_000,
            "Clients that hear of a refusal 10 to 100 ms later, at one time, when they come again at once; 0 for none"),
        Flag("overload", "tarpit_statements", s_overload.TarpitsStatements,
            "Whether refused statements are told later as well, and not logins alone; not for programs whose statements share a pool of connections"),
        .. StatementClasses.OfClients.SelectMany(ClassLimitKeys),
    ];

    private static SettingKey[] ClassLimitKeys(StatementClass which)
    {
        var word = StatementClasses.Word(which);
        var limits = ClassLimits.DefaultOf(which);
        return
        [
            Number("overload", $"{word}_wait_ms_max", limits.WaitMsMax, 1, HourMs, $"How long a statement of class {word} waits for its turn"),
            Number("overload", $"{word}_standing_ms_max", limits.StandingMsMax, 1, HourMs,
                $"The same, once some have been waiting for {word}_wait_ms_max without a pause: then the newest goes first"),
            Number("overload", $"{word}_share_min", limits.ShareMin, 0, 100,
                "Hundredths of servers.running_max that the class gets before higher ones, while it has statements waiting"),
            Number("overload", $"{word}_share_max", limits.ShareMax, 1, 100, "Hundredths of it that the class may have while lower ones wait"),
            Number("overload", $"{word}_login_share", limits.LoginShare, 1, 100,
                "Hundredths of clients.logins_max and clients.crypto_max below which a login of the class may begin"),
            Choice("overload", $"{word}_error", ["1205", "1041", "3024"], NumberOf(limits.Error),
                "The error that its statements are refused with: 1205, 1041, or 3024 (1969 with MariaDB)"),
        ];
    }

    /// <summary>The number that stands for an error in the settings.</summary>
    internal static string NumberOf(ShedError error) => error switch
    {
        ShedError.LockWait => "1205",
        ShedError.OutOfResources => "1041",
        ShedError.QueryTimeout => "3024",
    };

    private static SettingKey[] ClassRules() =>
    [
        Text("classes", "name", "", "The rule's name, in messages") with { IsRequired = true },
        Choice("classes", "class", [.. StatementClasses.OfClients.Select(StatementClasses.Word)], "normal",
            "The class of the statements for which everything below holds; the first rule that fits counts"),
        Text("classes", "user", "", "The account's name; all when it is not set"),
        Text("classes", "schema", "", "The session's schema; all when it is not set"),
        new()
        {
            Section = "classes", Name = "from", Kind = SettingKind.TextList, Default = "[]",
            Meaning = "Networks that the client comes from, and \"unix\" for Unix sockets; everywhere when it is not set",
        },
        Text("classes", "listen", "", "Where the client has come in, one of clients.listen; anywhere when it is not set"),
        new()
        {
            Section = "classes", Name = "digest", Kind = SettingKind.TextList, Default = "[]",
            Meaning = "Digests of statements (16 hexadecimal digits: EXPLAIN ADMISSION, SHOW PINS); any statement when it is not set",
        },
        Flag("classes", "tags_may_raise", false,
            "Whether the statement may say itself (docs/overload.md) that it matters more than that; less it may say always"),
        Number("classes", "defer_ms_max", -1, -1, HourMs,
            "How long these statements are deferred while there is no room; 0 for not at all, -1: as those of their class (overload.defer_ms_max)"),
        Number("classes", "pace_per_second", 0, 0, 1_000_000, "So many of these statements may begin in a second; 0 for as many as come"),
        Number("classes", "pace_burst", 1, 1, 1_000_000, "So many of them may begin at once after a pause"),
        Number("classes", "pace_wait_ms_max", 500, 0, HourMs, "How long one waits for its time; who would have to wait longer is refused at once"),
        new()
        {
            Section = "classes", Name = "groups", Kind = SettingKind.TextList, Default = "[]",
            Meaning = "The groups of [[brownouts]] that these statements belong to",
        },
    ];

    private static SettingKey[] Brownouts() =>
    [
        Text("brownouts", "name", "", "The group's name, in rules and in the command BROWNOUT") with { IsRequired = true },
        Number("brownouts", "level", 0, 0, 9, "From this level on it is part of a brown-out of a level; 0 for only when it is named"),
        Choice("brownouts", "action", ["off", "share", "slow", "cache"], "off",
            "What is done with its statements then: none runs, a share of them, or so many in a second; or reads are answered as they were a moment ago"),
        Number("brownouts", "share", 10, 1, 99, "The hundredths of the cohorts that run, for action = \"share\""),
        Number("brownouts", "pace_per_second", 1, 1, 1_000_000,
            "So many statements may begin in a second, for action = \"slow\", and for \"cache\" of those that nothing is kept for"),
        Number("brownouts", "keep_ms_max", 10_000, 1, HourMs, "How old an answer may be, for action = \"cache\""),
        Number("brownouts", "pace_burst", 1, 1, 1_000_000, "So many of them may begin at once after a pause"),
        Number("brownouts", "pace_wait_ms_max", 500, 0, HourMs, "How long one waits for its time; who would have to wait longer is refused at once"),
        new()
        {
            Section = "brownouts", Name = "classes", Kind = SettingKind.TextList, Default = "[]",
            Meaning = "Classes that are in the group as a whole, beside the rules that name it in groups",
        },
    ];

    private static SettingKey[] Protection() =>
    [
        Choice("protection", "mode", ["off", "observe", "enforce"], "enforce",
            "Whether Seawall does less when it runs short of memory, descriptors or time; \"observe\" only counts what would have been"),
        Number("protection", "memory_mib_max", s_protection.MemoryMax, 0, 1_048_576,
            "Memory that the process may have, in MiB; 0 for three quarters of the machine's, or the container's"),
        Number("protection", "idle_ms_max", s_protection.IdleMsMax, 10, HourMs,
            "How long a client without a transaction or a pin may be silent while memory or descriptors are short"),
        Number("protection", "delay_ms_max", s_protection.DelayMsMax, 1, HourMs,
            "How long everything on a loop may wait for its turn, for a second on end"),
    ];

    private static SettingKey[] Process() =>
    [
        Choice("log", "level", ["trace", "debug", "info", "warning", "error"], "info", "The least of what is logged"),
        Choice("log", "format", ["text", "json"], "text",
            "How it is logged, to standard error") with { ReloadsLive = false },
        Number("process", "loops", 0, 0, 1024,
            "Threads that move bytes; 0 is one for each processor") with { ReloadsLive = false },
        Text("process", "handover", "",
            "The path of a Unix socket at which the next Seawall takes over (run --take-over) and nobody is refused; none when it is not set")
            with { ReloadsLive = false },
        Number("process", "shutdown_ms_max", 30_000, 0, 24 * HourMs,
            "How long statements and transactions may take to finish when Seawall is told to end"),
    ];

    private static SettingKey[] Password(string section, params SettingKey[] before) =>
    [
        .. before,
        new() { Section = section, Name = "password", Kind = SettingKind.Secret,
            Meaning = "Its password, in a file that others cannot read" },
        Text(section, "password_file", "", "A file that holds nothing but the password, and that others cannot read"),
        Text(section, "password_env", "", "The environment variable that holds the password"),
    ];

    private static SettingKey User(string section, string meaning) =>
        Text(section, "user", "", meaning) with { IsRequired = true };

    internal static SettingKey Text(string section, string name, string normally, string meaning) =>
        new() { Section = section, Name = name, Kind = SettingKind.Text, Default = normally, Meaning = meaning };

    internal static SettingKey Number(string section, string name, long normally, long min, long max, string meaning) =>
        new()
        {
            Section = section,
            Name = name,
            Kind = SettingKind.Number,
            Min = min,
            Max = max,
            Meaning = meaning,
            Default = normally.ToString(CultureInfo.InvariantCulture),
        };

    internal static SettingKey Flag(string section, string name, bool normally, string meaning) =>
        new()
        {
            Section = section,
            Name = name,
            Kind = SettingKind.Flag,
            Default = normally ? "true" : "false",
            Meaning = meaning
        };

    internal static SettingKey Choice(string section, string name, ImmutableArray<string> words, string normally,
        string meaning) =>
        new()
        {
            Section = section,
            Name = name,
            Kind = SettingKind.Choice,
            Choices = words,
            Default = normally,
            Meaning = meaning
        };
}
