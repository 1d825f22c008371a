namespace Seawall.Rehearsal.Logins;

/// <summary>How a login ended.</summary>
internal enum LoginEnd
{
    /// <summary>The server said OK.</summary>
    In,

    /// <summary>The server refused, with an error number.</summary>
    Refused,

    /// <summary>No connection came about.</summary>
    Unreachable,

    /// <summary>The time was over.</summary>
    TimedOut,

    /// <summary>The connection ended in the middle.</summary>
    Closed,

    /// <summary>TLS could not be agreed on, or was wanted and not offered.</summary>
    NoTls,

    /// <summary>The server wants a plugin that the driver does not have.</summary>
    UnknownPlugin,

    /// <summary>The driver would have to ask for the server's key, and does not do so by itself.</summary>
    KeyNotAsked,

    /// <summary>What came was no login of MySQL or MariaDB.</summary>
    Malformed,
}

/// <summary>How a login ended, with the server's own words when it has some.</summary>
/// <param name="End">What happened.</param>
/// <param name="Code">The server's error number, or 0.</param>
/// <param name="Words">What is to be said about it.</param>
internal readonly record struct LoginOutcome(LoginEnd End, int Code = 0, string Words = "")
{
    /// <summary>Whether the client is in.</summary>
    public bool IsIn => End == LoginEnd.In;

    /// <summary>Whether no word of the server says why it failed: the server itself may be gone.</summary>
    public bool IsSilent => End is LoginEnd.Unreachable or LoginEnd.TimedOut or LoginEnd.Closed;

    /// <inheritdoc/>
    public override string ToString() => End switch
    {
        LoginEnd.In => "logged in",
        LoginEnd.Refused => $"refused: {Code} {Words}",
        LoginEnd.Unreachable => $"no connection: {Words}",
        LoginEnd.TimedOut => "no answer in time",
        LoginEnd.Closed => "the server closed the connection",
        LoginEnd.NoTls => $"TLS failed: {Words}",
        LoginEnd.UnknownPlugin => $"the driver does not know the plugin {Words}",
        LoginEnd.KeyNotAsked => "the driver would need the server's RSA key, and does not ask for it by itself",
        LoginEnd.Malformed => $"no login of MySQL or MariaDB: {Words}",
    };
}

/// <summary>A change of the user on a connection.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="RoundTrips">Waits for the server's word.</param>
internal readonly record struct LoginChange(LoginOutcome Outcome, int RoundTrips);

/// <summary>Counts of one login, each exact: the same on an idle and on a busy machine.</summary>
/// <param name="RoundTrips">Waits for the other side, the one for the TCP connection among them.</param>
/// <param name="ServerPackets">Packets of the protocol from the server, greeting and OK among them.</param>
/// <param name="ClientPackets">Packets of the protocol from the client, the request for TLS among them.</param>
/// <param name="BytesIn">Bytes from the server, those of TLS among them.</param>
/// <param name="BytesOut">Bytes to the server.</param>
internal readonly record struct LoginCounts(int RoundTrips, int ServerPackets, int ClientPackets, long BytesIn, long BytesOut)
{
    /// <summary>Packets both ways.</summary>
    public int Packets => ServerPackets + ClientPackets;
}

/// <summary>Times of one login in microseconds.</summary>
/// <param name="Tcp">Until the connection was there.</param>
/// <param name="Greeting">From there to the greeting: the server's queue of connections and its making of threads.</param>
/// <param name="Tls">The handshake of TLS; 0 without.</param>
/// <param name="Authentication">From the login packet to OK.</param>
internal readonly record struct LoginPhases(double Tcp, double Greeting, double Tls, double Authentication)
{
    /// <summary>All of it.</summary>
    public double Total => Tcp + Greeting + Tls + Authentication;
}

/// <summary>What was seen of one login.</summary>
internal sealed record LoginTrace
{
    /// <summary>How it ended.</summary>
    public LoginOutcome Outcome { get; init; }

    /// <summary>What it took, counted.</summary>
    public LoginCounts Counts { get; init; }

    /// <summary>What the kernel counted; nothing where it does not say.</summary>
    public TcpFacts Tcp { get; init; }

    /// <summary>The same of the server's end, where its socket is on this machine and was asked for; nothing elsewhere.</summary>
    public TcpFacts PeerTcp { get; init; }

    /// <summary>How long it took.</summary>
    public LoginPhases Phases { get; init; }

    /// <summary>The server's version, as it greeted.</summary>
    public string ServerVersion { get; init; } = "";

    /// <summary>The plugin of the greeting.</summary>
    public string Greeted { get; init; } = "";

    /// <summary>The plugin that the client began with.</summary>
    public string Began { get; init; } = "";

    /// <summary>The plugin by which it ended: another than <see cref="Began"/>, or the same again, after a switch.</summary>
    public string Ended { get; init; } = "";

    /// <summary>Whether the server asked to go on with another plugin or another nonce: an exchange more.</summary>
    public bool IsSwitched { get; init; }

    /// <summary>Whether caching_sha2_password wanted the password whole: its cache did not know the account.</summary>
    public bool IsFull { get; init; }

    /// <summary>What TLS agreed on; null without TLS.</summary>
    public TlsFacts? Tls { get; init; }
}
