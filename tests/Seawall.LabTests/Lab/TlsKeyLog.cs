using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Seawall.Engine.Loops.Tls;

namespace Seawall.LabTests.Lab;

/// <summary>
/// The secrets of TLS connections that this process had, in the form that tshark decrypts with (NSS key log). The engine itself can
/// write no such thing, and must not: the tests put OpenSSL's callback on its contexts. .NET's own streams write them to a file when they are
/// told so before the first of them is made.
/// </summary>
public static unsafe partial class TlsKeyLog
{
    private static readonly ConcurrentQueue<string> s_lines = new();
    private static readonly string s_ofStreams = Path.Combine(Path.GetTempPath(), $"seawall-tests.{Environment.ProcessId}.keys");

    /// <summary>Keeps the secrets of connections that this context accepts.</summary>
    public static TlsServerContext Keep(TlsServerContext context)
    {
        Watch(ContextOf(context));
        return context;
    }

    /// <summary>Keeps the secrets of connections that this context opens.</summary>
    public static TlsClientContext Keep(TlsClientContext context)
    {
        Watch(ContextOf(context));
        return context;
    }

    /// <summary>Writes down all that was kept so far.</summary>
    public static void WriteTo(string file)
    {
        File.WriteAllLines(file, s_lines);
        if (!File.Exists(s_ofStreams))
            return;
        using var reader = new StreamReader(new FileStream(s_ofStreams, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        File.AppendAllText(file, reader.ReadToEnd());
    }

    // It is read once, by the first stream of the process, whichever test has that.
    [ModuleInitializer]
    internal static void LetStreamsWrite()
    {
        AppContext.SetSwitch("System.Net.EnableSslKeyLogging", true);
        Environment.SetEnvironmentVariable("SSLKEYLOGFILE", s_ofStreams);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(s_ofStreams);
    }

    private static void Watch(SslContext context)
    {
        SetCallback(context, &Note);
        GC.KeepAlive(context);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Note(nint ssl, byte* line) => s_lines.Enqueue(Marshal.PtrToStringUTF8((nint)line) ?? "");

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_context")]
    private static extern ref SslContext ContextOf(TlsServerContext context);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_context")]
    private static extern ref SslContext ContextOf(TlsClientContext context);

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_CTX_set_keylog_callback")]
    private static partial void SetCallback(SslContext context, delegate* unmanaged[Cdecl]<nint, byte*, void> callback);
}
