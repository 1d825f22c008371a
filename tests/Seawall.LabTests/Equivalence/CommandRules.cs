using Seawall.MySql.Commands;

namespace Seawall.LabTests.Equivalence;

/// <summary>Several statements in one, routines, statements prepared by command, and commands of other kinds.</summary>
internal static class CommandRules
{
    // Each with the kinds of its parameters: a number or a string. MySQL 9.7 gives a NULL the type that an earlier execution has
    // given to the parameter; where that is seen, in capitals, it gets none.
    private static readonly (string Text, string Parameters)[] s_prepared =
    [
        ("select 1", ""), ("select * from t order by id", ""), ("select * from t where id = ?", "n"), ("select ?, ? is null, ?", "SNS"),
        ("insert into t (n, s) values (?, ?)", "ns"), ("insert into t (id, n) values (?, 1)", "n"), ("update t set s = ? where id < ?", "sn"),
        ("delete from t where id = ?", "n"), ("select n, s from m where s like ? order by id", "s"), ("call p_rows(?)", "n"),
        ("call p_out(?, ?, ?)", "nnn"), ("call p_fails()", ""), ("select last_insert_id()", ""), ("select row_count()", ""), ("select found_rows()", ""),
        ("show warnings", ""), ("select @@warning_count", ""), ("select @a", ""), ("set @a = ?", "S"), ("set sql_notes = ?", "N"),
        ("set sql_mode = ?", "S"), ("begin", ""), ("commit", ""), ("select * from x1", ""), ("select * from tt1 order by id", ""),
        ("insert into tt1 (n) values (?)", "n"), ("create temporary table tt2 (n int)", ""), ("drop table if exists tt2", ""),
        ("select cast(? as signed)", "S"), ("insert ignore into t (id) values (1)", ""), ("select * from no_such_table", ""), ("selec", ""), ("", ""),
        ("select sql_calc_found_rows id from t order by id limit ?", "n"), ("select repeat(?, 400)", "S"), ("do ?", "N"),
        ("use ~b", ""), ("select get_lock('~_x', 0)", ""), ("replace into t (id, s) values (?, ?)", "ns"), ("select 1; select 2", ""),
        ("show variables like 'sql_notes'", ""), ("select \"t\".id from t order by id", ""), ("select 'a' || ?", "S"),
    ];

    // Four bytes: the number of a connection that there is not.
    private const string NobodysNumber = "zzzz";

    private static readonly string?[] s_strings = ["a", "", null, "12x", "it's", "h\u00e9", "ANSI_QUOTES", "\u4f60\u597d \ud83d\ude00", "a\\b", "%"];

    internal static readonly Rule[] All =
    [
        new(Topic.Several, 5, "select 1; select [2|count(*) from t][|; select 3]"),
        new(Topic.Several, 2, "insert into t (n) values ({n}); [select last_insert_id()|select row_count()|select found_rows()]"),
        new(Topic.Several, 2, "select 1; [selec|select * from no_such_table|insert into t (id) values (1)]; select 3"),
        new(Topic.Several, 2, "set {set}; select {value}"),
        new(Topic.Several, 2, "begin; insert into t (n) values ({n}); [commit|rollback|select 1]") { Then = m => m.InTransaction = true },
        new(Topic.Several, 1, "create temporary table {newtt} (n int); insert into {tt} (n) values (1), (2)"),
        new(Topic.Several, 1, "drop table if exists no_such_table; [show warnings|select @@warning_count|select 1]"),
        new(Topic.Several, 1, "do 0; do 0; [|;|;;]"),
        new(Topic.Several, 1, "use ~b; select database(); use ~"),
        new(Topic.Several, 1, "update t set n = n + 1; call p_rows(2); select 'end'"),
        new(Topic.Several, 1, "set @a = 5; select @a; set sql_mode = ''") { Then = m => m.HasVariables = true },
        new(Topic.Several, 2, "") { Make = SetOption },

        new(Topic.Calls, 4, "call p_rows([{n}|null|1])"),
        new(Topic.Calls, 2, "call p_out({n}, @a, @b)") { Then = m => m.HasVariables = true },
        new(Topic.Calls, 2, "call p_fails()"),
        new(Topic.Calls, 1, "call p_makes()") { Then = m => m.Temporaries.Add("tt1") },
        new(Topic.Calls, 2, "call p_sets([2|10])"),
        new(Topic.Calls, 1, "call p_begins()") { Then = m => m.InTransaction = true },
        new(Topic.Calls, 2, "call p_warns()"),
        new(Topic.Calls, 1, "call [~.p_rows(1)|no_such_procedure()|p_rows()|~b.nothing(1)]"),
        new(Topic.Calls, 2, "select counted({n}), counted(id) from t order by id") { Then = m => m.HasVariables = true },
        new(Topic.Calls, 1, "insert into m (n) values (inserts({n}))"),
        new(Topic.Calls, 1, "begin not atomic declare x int default 3; select x; set sql_notes = 1; end") { On = "m" },

        new(Topic.Prepared, 6, "") { Make = Prepare },
        new(Topic.Prepared, 12, "") { Make = Execute, Fits = HasPrepared },
        new(Topic.Prepared, 2, "") { Make = (m, dice) => OfSlot(CommandKind.StatementClose, m, dice, isEnd: true), Fits = HasPrepared },
        new(Topic.Prepared, 1, "") { Make = (m, dice) => OfSlot(CommandKind.StatementReset, m, dice), Fits = HasPrepared },
        new(Topic.Prepared, 2, "") { Make = LongData, Fits = HasPrepared },
        new(Topic.Prepared, 4, "") { Make = Fetch, Fits = m => m.Cursors.Contains(true) },

        new(Topic.Kills, 3, "kill query connection_id()"),
        new(Topic.Kills, 2, "kill [|query |connection ]{nobody}"),
        new(Topic.Kills, 1, "kill [query |][nothing|null|'x'|0]"),
        new(Topic.Kills, 1, "kill connection_id()"),
        new(Topic.Kills, 1, "") { Make = (_, _) => new Step(CommandKind.ProcessKill, NobodysNumber) },

        new(Topic.Commands, 3, "") { Make = (_, _) => new Step(CommandKind.Ping, "") },
        new(Topic.Commands, 3, "")
        {
            Make = (_, dice) => new Step(CommandKind.InitDb, dice.Pick((string[])["~b", "~", "~", "information_schema", "no_such_schema", ""])),
        },
        new(Topic.Commands, 3, "")
        {
            On = "m9",
            Make = (m, _) => m.HasPreparedXa ? new Step(CommandKind.Ping, "") : Forget(m, new Step(CommandKind.ResetConnection, "")),
        },
        new(Topic.Commands, 2, "") { Make = (m, dice) => MayChangeUser(m) ? Forget(m, ChangeUser(dice)) : new Step(CommandKind.Ping, "") },
        new(Topic.Commands, 1, "")
        {
            On = "m5",
            // Not u: MariaDB takes warnings away when it has to read the trigger first.
            Make = (_, dice) => new Step(CommandKind.FieldList, dice.Pick((string[])["t\0", "m\0%", "nothing\0", "w\0n"])),
        },
        new(Topic.Commands, 1, "") { Make = SetOption },
        new(Topic.Commands, 1, "[|;| /* nothing */ ]"),
    ];

    /// <summary>A change of user, to the other account or the same, into one schema or none.</summary>
    internal static Step ChangeUser(Random dice) => new(CommandKind.ChangeUser,
        dice.Pick((string[])["~", "~", "~b", ""]), Slot: dice.Next(2), Flag: dice.Pick((int[])[45, 8, 33]));

    /// <summary>A change of user into a schema.</summary>
    internal static Step ChangeUser(string schema) => new(CommandKind.ChangeUser, schema, Flag: 45);

    // MySQL 5.6 leaves them to the next user; they are gone through Seawall (docs/compatibility.md).
    private static bool MayChangeUser(Model model) => (model.Kind != Lab.LabKind.MySql56 || !model.HasOneShots) && !model.HasPreparedXa;

    private static bool HasPrepared(Model model) => model.Slots.Any(slot => slot is not null);

    private static Step Forget(Model model, Step step)
    {
        model.Forget();
        return step;
    }

    private static Step SetOption(Model model, Random dice)
    {
        var option = model.Multi && dice.Chance(50) ? 1 : 0;
        model.Multi = option == 0;
        return new Step(CommandKind.SetOption, "", Flag: option);
    }

    private static Step Prepare(Model model, Random dice)
    {
        var (text, parameters) = dice.Pick(s_prepared);
        var slot = dice.Next(Model.SlotCount);
        model.Slots[slot] = parameters;
        model.HadCursors[slot] = false;
        model.Cursors[slot] = false;
        return new Step(CommandKind.StatementPrepare, text, slot);
    }

    private static Step Execute(Model model, Random dice)
    {
        var slot = Slot(model, dice);
        var values = (model.Slots[slot] ?? "").Select(kind => Value(kind, model, dice)).ToArray();
        // MySQL 9.7 sends columns and then nothing any more when a statement that had a cursor is executed without one.
        var cursor = dice.Chance(15) || (model.IsModern && model.HadCursors[slot]);
        model.HadCursors[slot] |= cursor;
        model.Cursors[slot] = cursor;
        return new Step(CommandKind.StatementExecute, "", slot, values, cursor ? 1 : 0);
    }

    private static object? Value(char kind, Model model, Random dice)
    {
        object? value = kind is 'n' or 'N' ? dice.Chance(10) ? null : dice.Next(-1, 12) : dice.Pick(s_strings);
        return value is null && model.IsModern && char.IsUpper(kind) ? kind == 'N' ? 0 : "" : value;
    }

    private static Step OfSlot(CommandKind kind, Model model, Random dice, bool isEnd = false)
    {
        var slot = Slot(model, dice);
        if (isEnd)
            model.Slots[slot] = null;
        model.Cursors[slot] = false;
        return new Step(kind, "", slot);
    }

    private static Step Fetch(Model model, Random dice)
    {
        var open = Array.FindIndex(model.Cursors, isOpen => isOpen);
        return new Step(CommandKind.StatementFetch, "", open >= 0 ? open : Slot(model, dice), Flag: dice.Next(1, 4));
    }

    private static Step LongData(Model model, Random dice)
    {
        var slot = Array.FindIndex(model.Slots, parameters => parameters?.Length > 0);
        if (slot < 0)
            return Prepare(model, dice);
        var piece = dice.Pick((string[])["piece", "", "\u00e9"]);
        var parameter = dice.Next(Math.Max(model.Slots[slot]?.Length ?? 1, 1));
        // Of what came in pieces, and was a number in an execution before on that connection, MariaDB takes a pointer of its own for the value.
        if (model.IsMariaDb && model.Slots[slot]?.ElementAtOrDefault(parameter) is 'n' or 'N')
            return new Step(CommandKind.Ping, "");
        return new Step(CommandKind.StatementSendLongData, piece, slot, Flag: parameter);
    }

    private static int Slot(Model model, Random dice)
    {
        var prepared = Enumerable.Range(0, Model.SlotCount).Where(slot => model.Slots[slot] is not null).ToArray();
        return prepared.Length > 0 ? dice.Pick(prepared) : dice.Next(Model.SlotCount);
    }
}
