using System.Runtime.CompilerServices;

namespace Seawall.Engine.Loops;

/// <summary>What goes on once something has come that it waits for: a suspended method as a rule.</summary>
/// <remarks>
/// Why not an <see cref="Action"/>: each suspended method would have one of its own, 64 bytes, as long as its box lives, and each idle client is
/// a suspended method.
/// </remarks>
public abstract class Resumable
{
    /// <summary>Goes on, on the loop where it waited.</summary>
    public abstract void Resume();
}

/// <summary>Calls a delegate. Who waits often keeps one and waits with it again.</summary>
public sealed class Callback(Action action) : Resumable
{
    /// <inheritdoc/>
    public override void Resume() => action();
}

/// <summary>What can be awaited on a loop: it takes the suspended method as it is. Methods of other kinds may await it as well.</summary>
public interface ILoopAwaiter : ICriticalNotifyCompletion
{
    /// <summary>For the compiler: has <paramref name="waiting"/> go on once what is awaited has come.</summary>
    void OnCompleted(Resumable waiting);

    /// <inheritdoc/>
    void INotifyCompletion.OnCompleted(Action continuation) => OnCompleted(new Callback(continuation));

    /// <inheritdoc/>
    void ICriticalNotifyCompletion.UnsafeOnCompleted(Action continuation) => OnCompleted(new Callback(continuation));
}
