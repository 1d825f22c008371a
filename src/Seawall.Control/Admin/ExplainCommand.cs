using System.Net;
using Seawall.Engine;
using Seawall.Engine.Flow;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>Reads and answers <c>EXPLAIN ADMISSION</c>.</summary>
internal static class ExplainCommand
{
    /// <summary>What may follow the command's name.</summary>
    internal const string Tail = "FOR 'statement' [ACCOUNT 'user'] [SCHEMA 'schema'] [FROM 'address'] [LISTEN 'address']";

    /// <summary>Reads what follows the name; null, with a problem in words, when it does not fit.</summary>
    internal static AdmissionQuestion? Read(ReadOnlySpan<AdminToken> rest, out string problem, string command = "EXPLAIN ADMISSION")
    {
        problem = $"{command} {Tail}";
        if (rest is not [var @for, { Kind: AdminTokenKind.Quoted } text, ..] || !@for.Is("FOR"))
            return null;
        if (string.IsNullOrWhiteSpace(text.Text))
        {
            problem = $"there is nothing in the statement; {problem}";
            return null;
        }
        var question = new AdmissionQuestion(text.Text, null, null, null, null);
        var said = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (rest = rest[2..]; !rest.IsEmpty; rest = rest[2..])
        {
            if (rest is not [var word, { Kind: AdminTokenKind.Quoted } value, ..])
                return null;
            if (!said.Add(word.Text))
            {
                problem = $"{AdminDesk.Short(word.Text).ToUpperInvariant()} is there twice; {problem}";
                return null;
            }
            if (word.Is("ACCOUNT"))
                question = question with { User = value.Text };
            else if (word.Is("SCHEMA"))
                question = question with { Schema = value.Text };
            else if (word.Is("LISTEN"))
                question = question with { Listener = value.Text };
            else if (word.Is("FROM") && value.Text == "unix")
                question = question with { From = PeerAddress.Unix };
            else if (word.Is("FROM") && IPAddress.TryParse(value.Text, out var address))
                question = question with { From = PeerAddress.From(address, 0) };
            else
            {
                if (word.Is("FROM"))
                    problem = $"'{AdminDesk.Short(value.Text)}' is no address: one of IPv4 or IPv6 without a port, or 'unix'; {problem}";
                return null;
            }
        }
        return question;
    }

    /// <summary>Answers it, with <paramref name="explain"/>.</summary>
    internal static AdminReply Run(
        SeawallEngine engine, AdmissionQuestion question, Func<AdmissionQuestion, IReadOnlyList<AdmissionStep>?> explain)
    {
        if (question.Listener is { } written)
        {
            // As the settings have it: no rule would fit a place where nobody can come in, and the answer would be about nothing.
            var listener = engine.Options.Listen.FirstOrDefault(endpoint => endpoint.Text == written || $"unix:{endpoint.Text}" == written);
            if (listener is null)
            {
                return new AdminRefusal(SqlError.WrongArguments, $"'{AdminDesk.Short(written)}' is none of clients.listen: "
                    + string.Join(", ", engine.Options.Listen.Select(endpoint => endpoint.Text)));
            }
            question = question with { Listener = listener.Text };
        }
        return explain(question) is { } steps
            ? new AdminTable(
                [Text("step"), Text("result"), Text("why")],
                steps.Select(step => (AdminCell[])[step.Step, step.Result, step.Why]))
            : new AdminRefusal(SqlError.ServerNotAvailable, "no server has been reached yet: nobody knows how the statement would be read");
    }
}
