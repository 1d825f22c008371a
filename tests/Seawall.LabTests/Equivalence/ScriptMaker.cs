using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;

namespace Seawall.LabTests.Equivalence;

/// <summary>Makes scripts: the same seed and number make the same one.</summary>
internal static class ScriptMaker
{
    private const int StepsMin = 20;
    private const int StepsMax = 160;

    // Of a hundred rules that do not fit, so many are used nevertheless.
    private const int AgainstSensePercent = 7;
    private const int QuestionPercent = 40;

    private static readonly Rule[] s_rules =
        [.. StatementRules.All, .. SessionRules.All, .. CommandRules.All, .. QuestionRules.All];

    private static readonly Topic[] s_chosen =
        [.. Enum.GetValues<Topic>().Where(topic => topic is not (Topic.Data or Topic.Questions))];

    /// <summary>Packets differ with what a client asked for; each of these changes what Seawall must translate.</summary>
    private static readonly Capabilities[] s_dialects =
    [
        RawClient.Usual, RawClient.Usual, RawClient.Usual & ~Capabilities.DeprecateEof, RawClient.Usual & ~Capabilities.SessionTrack,
        RawClient.Usual | Capabilities.FoundRows, RawClient.Usual & ~(Capabilities.DeprecateEof | Capabilities.SessionTrack),
    ];

    /// <summary>Makes script <paramref name="number"/>.</summary>
    internal static Script Make(int seed, int number, LabKind kind)
    {
        var dice = new Random(unchecked(seed * 1_000_003 + number));
        var topics = new HashSet<Topic> { Topic.Data };
        for (var count = dice.Next(1, 6); count > 0; count--)
            topics.Add(dice.Pick(s_chosen));
        // Not tried yet: what resets and changes of the user leave of XA on MySQL.
        if (kind != LabKind.MariaDb && topics.Contains(Topic.Xa))
            topics.Remove(Topic.Commands);
        var letter = SessionVariables.Letter(kind);
        var known = s_rules.Where(rule => rule.On.Length == 0 || rule.On.Contains(letter)).ToArray();
        var rules = known.Where(rule => topics.Contains(rule.Topic)).ToArray();
        var questions = known.Where(rule => rule.Topic == Topic.Questions).ToArray();
        var model = new Model(kind);
        var steps = new List<Step> { new(CommandKind.Connect, "") };
        for (var count = dice.Next(StepsMin, StepsMax); steps.Count < count;)
        {
            steps.Add(Choose(rules, model, dice).Step(model, dice));
            // MySQL 9.7 lets the session go on then, and run into its own locks until they time out.
            if (model is { IsModern: true, Xa: Model.XaPrepared })
            {
                steps.Add(Step.Query($"xa {dice.Pick((string[])["commit", "rollback"])} '{Step.Own}_x'"));
                model.Xa = 0;
            }
            while (dice.Chance(QuestionPercent))
                steps.Add(Choose(questions, model, dice).Step(model, dice));
        }
        return new Script(number, dice.Pick(s_dialects), steps);
    }

    private static Rule Choose(Rule[] rules, Model model, Random dice)
    {
        var all = rules.Sum(rule => rule.Weight);
        while (true)
        {
            var at = dice.Next(all);
            var chosen = rules.First(rule => (at -= rule.Weight) < 0);
            if (chosen.Fits is null || chosen.Fits(model) || dice.Chance(AgainstSensePercent))
                return chosen;
        }
    }
}
