using System.Globalization;
using System.Text;
using Seawall.MySql.Framing;

namespace Seawall.Engine.Flow.Servers;

/// <summary>
/// The connection attributes that Seawall adds to those of the client for which a connection is opened, so that a server's
/// operator sees both in <c>performance_schema.session_connect_attrs</c>.
/// </summary>
internal static class OwnAttributes
{
    // The server's limit for all of them together; beyond it the client's own go without ours.
    private const int LengthMax = 64 * 1024;

    private static readonly byte[] s_own = Write(
        ("seawall_version", typeof(OwnAttributes).Assembly.GetName().Version?.ToString(3) ?? "0"),
        ("seawall_pid", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));

    /// <summary>What a connection is called that only ends statements of others.</summary>
    internal static byte[] Cancels { get; } = AddTo(Write(("program_name", "seawall-cancel")));

    /// <summary>What a connection is called on which a server is asked for its position.</summary>
    internal static byte[] Positions { get; } = AddTo(Write(("program_name", "seawall-positions")));

    /// <summary>What a connection is called on which deferred statements run.</summary>
    internal static byte[] Deferred { get; } = AddTo(Write(("program_name", "seawall-deferred")));

    /// <summary>The client's attributes and Seawall's.</summary>
    internal static byte[] AddTo(byte[] attributes) =>
        attributes.Length + s_own.Length > LengthMax ? attributes : [.. attributes, .. s_own];

    private static byte[] Write(params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        var writer = new PacketWriter().Begin(0);
        foreach (var (name, value) in attributes)
            writer.LengthEncodedBytes(Encoding.ASCII.GetBytes(name)).LengthEncodedBytes(Encoding.ASCII.GetBytes(value));
        return writer.OpenPayload.ToArray();
    }
}
