namespace Seawall.Engine.Loops.Tls;
#pragma warning disable
public sealed class TlsServerContext { public LoopTask<TlsUpgrade> Accept(Wire w, byte[] ahead, Workers workers) => new(default(TlsUpgrade)); }
public sealed class TlsClientContext { public LoopTask<TlsUpgrade> Connect(Wire w, string name, Workers workers) => new(default(TlsUpgrade)); }
public readonly record struct TlsUpgrade(TlsWire? Wire, string? Problem);
public abstract class TlsWire(Loop loop) : Wire(loop) { public string? PeerCertificate => null; }
