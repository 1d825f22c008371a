using Seawall.MySql.Commands;

namespace Seawall.LabTests.Equivalence;

/// <summary>What a rule is about. A script has some of them, so that what one of them pins does not hide the others.</summary>
internal enum Topic
{
    Data,
    Questions,
    Settings,
    Transactions,
    Temporary,
    Variables,
    Texts,
    Prepared,
    Several,
    Calls,
    Locks,
    Mistakes,
    Warnings,
    Commands,
    Tables,
    Xa,
    Roles,
    Kills,
}

/// <summary>One way to make a step.</summary>
internal sealed record Rule(Topic Topic, int Weight, string Template)
{
    /// <summary>On which servers, by the letters of <see cref="SessionVariables"/>; empty is all.</summary>
    internal string On { get; init; } = "";

    /// <summary>When it makes sense. It is used now and then when it does not.</summary>
    internal Func<Model, bool>? Fits { get; init; }

    /// <summary>What it changes.</summary>
    internal Action<Model>? Then { get; init; }

    /// <summary>For commands other than statements.</summary>
    internal Func<Model, Random, Step>? Make { get; init; }

    internal Step Step(Model model, Random dice)
    {
        var step = Make?.Invoke(model, dice) ?? new Step(CommandKind.Query, Equivalence.Template.Expand(Template, model, dice));
        Then?.Invoke(model);
        return step;
    }
}
