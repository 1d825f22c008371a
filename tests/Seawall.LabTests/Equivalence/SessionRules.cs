namespace Seawall.LabTests.Equivalence;

/// <summary>Statements that change the session: what it has set, what it has open.</summary>
internal static class SessionRules
{
    private const string Isolation = "[read committed|repeatable read|serializable|read uncommitted]";

    internal static readonly Rule[] All =
    [
        new(Topic.Settings, 10, "[set|SET] [|session |local |@@|@@session.|@@local.]{set}"),
        new(Topic.Settings, 2, "set {set}, {set}[|, {set}]"),
        new(Topic.Settings, 1, "set session {set}, {set}, no_such_variable = 1"),
        new(Topic.Settings, 2, "set {var} = [default|@@global.{var}|@@{var}|1|'x']"),
        new(Topic.Settings, 3, "set names {charset}[| collate default]"),
        new(Topic.Settings, 1, "set names [utf8mb4 collate utf8mb4_bin|latin1 collate latin1_german1_ci|default|'utf8mb4'|nothing|ucs2]"),
        new(Topic.Settings, 1, "set [character set|charset] [{charset}|default|nothing]"),
        new(Topic.Settings, 2, "use [~b|information_schema|~|~|no_such_schema]") { Then = m => m.HasSchema = true },
        new(Topic.Settings, 1, "set sql_mode = [concat(@@sql_mode, ',ANSI_QUOTES')|replace(@@sql_mode, 'STRICT_TRANS_TABLES', '')]"),
        new(Topic.Settings, 1, "set statement {set} for [select {value}|insert into t (n) values (1)|selec|set {set}]") { On = "m" },
        new(Topic.Settings, 1, "select /*+ set_var({set}) */ {values}") { On = "9" },
        new(Topic.Settings, 1, "set last_insert_id = [{n}|77]"),
        new(Topic.Settings, 1, "set [insert_id = {more}|timestamp = 1700000000.5|rand_seed1 = 5, rand_seed2 = 6]") { Then = m => m.HasOneShots = true },
        new(Topic.Settings, 1, "select [now()|unix_timestamp()|rand()] is not null, '\u00e4\u00f6', charset('x'), collation('x')"),
        new(Topic.Settings, 1, "set session_track_[schema = [0|1]|state_change = [1|0]|system_variables = [''|'sql_mode,autocommit'|default]]")
            { On = "m9" },
        // MySQL 9.7 then tells the number of each statement.
        new(Topic.Settings, 1, "set session_track_system_variables = '*'") { On = "m" },
        new(Topic.Settings, 1, "set session_track_[gtids = off|transaction_info = 'STATE'|transaction_info = 'CHARACTERISTICS'|transaction_info = 'OFF']")
            { On = "9" },

        new(Topic.Transactions, 6, "[begin|begin work|start transaction|START TRANSACTION WITH CONSISTENT SNAPSHOT]")
            { Fits = m => !m.InTransaction, Then = m => m.InTransaction = true },
        new(Topic.Transactions, 2, "start transaction [read only|read write|with consistent snapshot, read only]")
            { Fits = m => !m.InTransaction, Then = m => m.InTransaction = true },
        new(Topic.Transactions, 6, "[commit|commit work|rollback|rollback work|commit and no chain]")
            { Fits = m => m.InTransaction || m.AutocommitOff, Then = m => m.InTransaction = false },
        new(Topic.Transactions, 1, "[commit|rollback] and chain[| no release]") { Fits = m => m.InTransaction },
        new(Topic.Transactions, 3, "[savepoint a|savepoint b|rollback to a|rollback to savepoint b|release savepoint a]") { Fits = m => m.InTransaction },
        new(Topic.Transactions, 2, "set [|session |@@]autocommit = [0|off|false]") { Fits = m => !m.AutocommitOff, Then = m => m.AutocommitOff = true },
        new(Topic.Transactions, 4, "set [|session |@@]autocommit = [1|on|default]") { Fits = m => m.AutocommitOff, Then = m => m.AutocommitOff = false },
        new(Topic.Transactions, 2, $"set session transaction [isolation level {Isolation}|read only|read write|isolation level {Isolation}, read only]"),
        new(Topic.Transactions, 2, $"set transaction [isolation level {Isolation}|read only|read write]"),
        new(Topic.Transactions, 1, "set @@transaction_isolation = '[READ-COMMITTED|SERIALIZABLE]'") { On = "9" },
        new(Topic.Transactions, 1, "set @@tx_isolation = '[READ-COMMITTED|SERIALIZABLE]'") { On = "m5" },
        new(Topic.Transactions, 1, "set completion_type = [1|'NO_CHAIN'|0|default]"),
        new(Topic.Transactions, 2, "select * from t order by id for update") { Fits = m => m.InTransaction },

        new(Topic.Temporary, 4, "create temporary table [|if not exists ]{newtt} (id int primary key auto_increment, n int, s varchar(20))[| engine={plain}]"),
        new(Topic.Temporary, 1, "create temporary table {newtt} [(id int primary key auto_increment) select 1 as id, 5 as n, 'five' as s|like ~.m]"),
        new(Topic.Temporary, 4, "insert into {tt} (n, s) values ({n}, {s})") { Fits = HasTemporary },
        new(Topic.Temporary, 3, "select * from {tt} order by id") { Fits = HasTemporary },
        new(Topic.Temporary, 1, "alter table {tt} [add column z int|rename to tt3]") { Fits = HasTemporary },
        new(Topic.Temporary, 1, "insert into t (n, s) select n, s from {tt} order by id") { Fits = HasTemporary },
        new(Topic.Temporary, 1, "[truncate {tt}|show create table {tt}|drop table tt3|rename table tt1 to tt3]") { Fits = HasTemporary },
        new(Topic.Temporary, 4, "drop [temporary |]table [|if exists ]{droptt}") { Fits = HasTemporary },
        new(Topic.Temporary, 1, "drop temporary table if exists tt1, tt2, tt3") { Then = m => m.Temporaries.Clear() },

        new(Topic.Variables, 5, "set {v} = [{n}|{s}|1.5|null|(select max(id) from t)|{v}|now() - now()|x'00ff']") { Then = HasVariable },
        new(Topic.Variables, 1, "set {v} = {n}, {v} = {s}[|, sql_notes = 1]") { Then = HasVariable },
        new(Topic.Variables, 2, "select {v} := [{n}|{v} + 1|'x']") { Then = HasVariable },
        new(Topic.Variables, 2, "select [{n}, 'two'|id, s from t order by id limit 1|1, 2, 3] into @a, @b") { Then = HasVariable },
        new(Topic.Variables, 4, "select {v}[|, {v}, @nothing]"),
        new(Topic.Variables, 1, "update t set n = (@a := ifnull(@a, 0) + 1) where id < 5") { Then = HasVariable },
        new(Topic.Variables, 1, "insert into t (n, s) values ({v}, {v})"),
        new(Topic.Variables, 1, "set @a = last_insert_id(), @b = row_count(), @`c d` = found_rows()") { Then = HasVariable },
        new(Topic.Variables, 1, "get diagnostics @a = number, @b = row_count") { Then = HasVariable },
        new(Topic.Variables, 1, "get diagnostics condition 1 @a = returned_sqlstate, @b = message_text") { Then = HasVariable },

        new(Topic.Texts, 4, "prepare {newp} from '[select 1|select * from t order by id|insert into t (n) values (1)|"
            + "set sql_notes = 0|select ?|update t set n = ? where id = 1|selec]'"),
        new(Topic.Texts, 1, "prepare {newp} from @a"),
        new(Topic.Texts, 5, "execute {p}[| using @a]") { Fits = m => m.Texts.Count > 0 },
        new(Topic.Texts, 3, "[deallocate|drop] prepare {dropp}") { Fits = m => m.Texts.Count > 0 },
        new(Topic.Texts, 1, "set @a = [1|'select 3']") { Then = HasVariable },
        new(Topic.Texts, 1, "execute immediate '[select 1|set @b = 5|create temporary table tt1 (id int)|selec]'") { On = "m" },

        new(Topic.Locks, 3, "select get_lock({lock}, 0)"),
        new(Topic.Locks, 3, "select release_lock({lock})"),
        new(Topic.Locks, 1, "[do|select] release_all_locks()") { On = "m9" },
        new(Topic.Locks, 2, "select is_free_lock({lock}), is_used_lock({lock}) = connection_id()"),
        // MySQL 9.7 has the triggers of u loaded or not, and refuses to write to it with another error.
        new(Topic.Locks, 2, "lock tables [t write|t read|t read, m write|m write, {read} read|nothing read|t as a read]") { Then = m => m.LockedTables = true },
        new(Topic.Locks, 4, "unlock tables") { Fits = m => m.LockedTables, Then = m => m.LockedTables = false },
        new(Topic.Locks, 1, "flush tables [t|m] with read lock") { Then = m => m.LockedTables = true },
        new(Topic.Locks, 2, "handler {newh} open"),
        new(Topic.Locks, 3, "handler {h} read [first|next|first limit 2]") { Fits = m => m.Handlers.Count > 0 },
        new(Topic.Locks, 3, "handler {droph} close") { Fits = m => m.Handlers.Count > 0 },

        new(Topic.Xa, 3, "xa [start|begin] '~_x'") { Fits = m => m.Xa == 0, Then = m => m.Xa = 1 },
        new(Topic.Xa, 4, "xa end '~_x'") { Fits = m => m.Xa == 1, Then = m => m.Xa = 2 },
        new(Topic.Xa, 2, "xa prepare '~_x'") { Fits = m => m.Xa == 2, Then = Prepared },
        new(Topic.Xa, 3, "xa [commit|rollback] '~_x'") { Fits = m => m.Xa == 3, Then = m => m.Xa = 0 },
        new(Topic.Xa, 2, "xa [commit '~_x' one phase|rollback '~_x']") { Fits = m => m.Xa == 2, Then = m => m.Xa = 0 },
        new(Topic.Xa, 1, "xa [end 'nothing'|commit 'nothing'|start '~_x', 5]"),

        new(Topic.Roles, 3, "set role [eq_role|none|nothing]") { On = "m9" },
        new(Topic.Roles, 1, "set role [default|all|all except eq_role]") { On = "9" },
        new(Topic.Roles, 3, "select current_role(), current_user()") { On = "m9" },
    ];

    private static void Prepared(Model model)
    {
        model.Xa = Model.XaPrepared;
        model.HasPreparedXa = true;
    }

    private static bool HasTemporary(Model model) => model.Temporaries.Count > 0;

    private static void HasVariable(Model model) => model.HasVariables = true;
}
