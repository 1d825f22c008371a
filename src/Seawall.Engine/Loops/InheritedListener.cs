namespace Seawall.Engine.Loops;

/// <summary>A socket that listens, and that one process has from another.</summary>
/// <param name="Endpoint">Where, as <see cref="Loops.Endpoint.Text"/> has it.</param>
/// <param name="Descriptor">Its descriptor; whoever has this must close it, or hand it on.</param>
public readonly record struct InheritedListener(string Endpoint, int Descriptor);
