using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// MariaDB's library for C, and what is built on it (<c>mariadb</c>, and as a rule DBD::MariaDB, mysqlclient, Ruby's mysql2, ODBC):
/// the numbers from 2000 on are its own, and an error packet with one of them is "Received malformed packet" to it, whatever
/// the text says. Others take such numbers, and know by them that a connection is lost.
/// </summary>
internal static class LibMariaDb
{
    /// <summary>An error as this client can hear it.</summary>
    internal static SqlError Hears(Session session, SqlError error) =>
        error.Code == SqlError.ServerLost.Code && IsNamedBy(session.Attributes) ? SqlError.Killed : error;

    private static bool IsNamedBy(byte[] attributes)
    {
        var reader = new AttributeReader(attributes);
        while (reader.MoveNext())
        {
            if (reader.Name.SequenceEqual("_client_name"u8))
                return reader.Value.SequenceEqual("libmariadb"u8);
        }
        return false;
    }
}
