using System.Runtime.InteropServices;

namespace Seawall.LabTests.Lab;

/// <summary>
/// MariaDB's connector for C, the library itself as Debian has it, with its own reconnecting switched on: what many drivers are made of.
/// </summary>
public sealed unsafe partial class ConnectorC : IDisposable
{
    private const string Library = "libmariadb.so.3";

    // enum mysql_option in mariadb's mysql.h.
    private const int OptionReconnect = 20;

    private readonly nint _mysql;

    private ConnectorC(nint mysql) => _mysql = mysql;

    public int Error => (int)mysql_errno(_mysql);

    public string SqlState => Marshal.PtrToStringUTF8(mysql_sqlstate(_mysql))!;

    public string Message => Marshal.PtrToStringUTF8(mysql_error(_mysql))!;

    public static ConnectorC Connect(int port)
    {
        var mysql = mysql_init(0);
        byte yes = 1;
        Check(mysql, mysql_options(mysql, OptionReconnect, &yes) == 0);
        Check(mysql, mysql_real_connect(mysql, "127.0.0.1", "seawall", "seawall", null, (uint)port, null, 0) != 0);
        return new ConnectorC(mysql);

        static void Check(nint mysql, bool isOk)
        {
            if (!isOk)
                throw new InvalidOperationException(Marshal.PtrToStringUTF8(mysql_error(mysql)));
        }
    }

    /// <summary>The first value of the first row; null when the statement failed.</summary>
    public string? Query(string sql)
    {
        if (mysql_query(_mysql, sql) != 0)
            return null;
        var result = mysql_store_result(_mysql);
        if (result == 0)
            return "";
        var row = mysql_fetch_row(result);
        var value = row == 0 ? "" : Marshal.PtrToStringUTF8(*(nint*)row);
        mysql_free_result(result);
        return value;
    }

    public void Dispose() => mysql_close(_mysql);

    [LibraryImport(Library)]
    private static partial nint mysql_init(nint mysql);

    [LibraryImport(Library)]
    private static partial int mysql_options(nint mysql, int option, byte* value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint mysql_real_connect(
        nint mysql, string host, string user, string password, string? schema, uint port, string? socket, ulong flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mysql_query(nint mysql, string sql);

    [LibraryImport(Library)]
    private static partial nint mysql_store_result(nint mysql);

    [LibraryImport(Library)]
    private static partial nint mysql_fetch_row(nint result);

    [LibraryImport(Library)]
    private static partial void mysql_free_result(nint result);

    [LibraryImport(Library)]
    private static partial uint mysql_errno(nint mysql);

    [LibraryImport(Library)]
    private static partial nint mysql_sqlstate(nint mysql);

    [LibraryImport(Library)]
    private static partial nint mysql_error(nint mysql);

    [LibraryImport(Library)]
    private static partial void mysql_close(nint mysql);
}
