namespace Seawall.Engine.Loops;

/// <summary>Hears that there was no file descriptor, and that there was one. From any thread.</summary>
public interface IFileShortage
{
    /// <summary>There was none: <c>EMFILE</c> or <c>ENFILE</c>.</summary>
    void Note(int errno);

    /// <summary>There was one. Costs next to nothing while none has been missing.</summary>
    void NoteSuccess();
}
