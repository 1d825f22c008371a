namespace Seawall.Testing.Servers;

/// <summary>When a <see cref="FakeServer"/> may say something else.</summary>
public enum FakeMoment
{
    /// <summary>In place of the greeting.</summary>
    Greeting,

    /// <summary>In place of the answer to the login.</summary>
    Login,

    /// <summary>In place of the answer to a command; <see cref="FakeConnection.Commands"/> ends with it.</summary>
    Command,
}

/// <summary>What a <see cref="FakeServer"/> says that no server should.</summary>
/// <param name="Bytes">As they are, with headers or without.</param>
/// <param name="Closes">Whether it hangs up then.</param>
public sealed record FakeSabotage(byte[] Bytes, bool Closes);
