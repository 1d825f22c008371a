namespace Seawall.LabTests.Equivalence;

/// <summary>What was left of differences that random sessions have found, and others of their kind (docs/exactness.md).</summary>
internal static partial class ChanceFinds
{
    /// <summary>Each with the servers that it is about, by the letters of <see cref="SessionVariables"/>; empty is all.</summary>
    internal static (string On, string Report)[] All => [.. s_first, .. s_later];

    private static readonly (string On, string Report)[] s_first =
    [
        // What PREPARE prepares may use tables, and takes the warnings away then; its own FROM names none.
        ("", """
            A: drop table if exists nothing
            A: prepare p1 from 'select 1'
            A: show warnings
            """),
        ("", """
            A: drop table if exists nothing
            A: prepare p1 from 'select * from t'
            A: show warnings
            """),
        ("", """
            A: drop table if exists nothing
            B: insert into t (n) values (1)
            A: prepare p1 from 'select 1'
            A: show warnings
            """),
        // A question does not use up SET TRANSACTION.
        ("m9", """
            A: set transaction read only
            A: set session_track_system_variables = 'sql_mode'
            A: set sql_mode = 'ANSI'
            A: update t set n = 1
            A: begin
            A: commit
            A: set autocommit = 0
            A: set sql_mode = ''
            """),
        ("", """
            A: set transaction read only
            A: set sql_notes = 0
            A: select @@sql_notes
            A: update t set n = 1
            A: begin
            A: commit
            B: insert into t (n) values (1)
            A: select @@sql_notes
            A: update t set n = 1
            """),
        // The first row has made just the number that others have left.
        ("", """
            A: create table x1 (id int primary key auto_increment, u int unique)
            A: set last_insert_id = 66
            B: create table x1 (id int primary key auto_increment)
            B: insert into x1 values (null)
            A: insert into x1 (u) values (1), (1)
            A: select last_insert_id()
            """),
        ("", """
            A: create table x1 (id int primary key auto_increment, u int unique)
            A: insert into x1 values (7, 1)
            B: create table x1 (id int primary key auto_increment)
            B: insert into x1 values (null)
            A: insert into x1 (u) values (1)
            A: select last_insert_id()
            """),
        // An error does not tell that the statement has ended a transaction first.
        ("", """
            A is eq_one without DeprecateEof
            A: START TRANSACTION WITH CONSISTENT SNAPSHOT
            A: drop view x3
            A: [Ping]
            A: begin
            A: alter table nothing add a int
            A: [SetOption 0]
            A: begin
            A: drop view x3
            A: [prepare 0] select * from t where id = ?
            A: [execute 0] 1
            """),
        // A cursor: what was warned of before it is told with the packet behind the columns.
        ("", """
            A is eq_one without DeprecateEof
            A: [prepare 2] select 'a' || ?
            B: insert into t (n) values (1)
            A: [execute 2 with a cursor] 'ANSI_QUOTES'
            A: select @@warning_count, @@error_count
            """),
        ("", """
            A: [prepare 0] select 'a' || ?
            A: select * from tt2
            B: insert into t (n) values (1)
            A: [execute 0 with a cursor] ''
            A: select @@error_count
            """),
        ("", """
            A: [prepare 0] select 1
            A: select * from tt2
            A: [execute 0 with a cursor]
            A: show warnings
            """),
        // 5.6 does not prepare what writes when transactions only read; a piece of a parameter has no answer.
        ("m5", """
            A: [prepare 0] insert into t (id, s) values (?, ?)
            A: set tx_read_only = 1
            B: set @a = 1
            B: [ChangeUser] ~
            A: [a piece of parameter 1 of 0] piece
            A: set tx_read_only = 0
            A: [execute 0] 70, 'x'
            A: select * from t
            """),
        ("", """
            A: create table x1 (s varchar(20))
            A: [prepare 0] insert into x1 values (?)
            A: rename table x1 to x2
            B: set @a = 1
            B: [ChangeUser] ~
            A: [a piece of parameter 0 of 0] piece
            A: select 1
            A: [execute 0] ''
            A: select 2
            """),
        // Who resets has no lock any more when the answer has come.
        ("m9", """
            A: select get_lock('~_x', 0)
            A: [ResetConnection]
            A: select is_free_lock('~_x')
            """),
        ("", """
            A: select get_lock('~_x', 0)
            A: [ChangeUser] ~
            A: select is_free_lock('~_x')
            """),
        ("m9", """
            A: set role eq_role
            A: lock tables t write
            A: [ResetConnection]
            A: select * from t
            """),
        // What is prepared again is read with the settings of then, and nothing else changes: the transaction goes on.
        ("", """
            A: [prepare 0] insert into t (n) values (?)
            A: set autocommit = 0
            A: set sql_mode = 'ANSI'
            B: set @a = 1
            B: [ChangeUser] ~
            A: insert into t (n) values (5)
            A: [execute 0] 7
            A: rollback
            A: select * from t
            """),
        ("", """
            A: [prepare 0] insert into t (s) values (?)
            A: set autocommit = 0
            B: set @a = 1
            B: [ChangeUser] ~
            A: insert into t (n) values (5)
            A: [a piece of parameter 0 of 0] piece
            A: select row_count()
            A: [execute 0] ''
            A: rollback
            A: select * from t
            """),
        // What changed in a statement that failed is told with the next packet that can tell it, whoever asks in between.
        ("9", """
            A: select /*+ set_var(time_zone = '-11:00') */ (select id from t)
            B: insert into t (n) values (1)
            A: select 1
            A: select /*+ set_var(time_zone = '-11:00') */ (select id from t)
            B: insert into t (n) values (1)
            A: [Ping]
            A: select 1
            """),
        ("9", """
            A is eq_one without DeprecateEof
            A: select /*+ set_var(time_zone = '-11:00') */ 1
            A: select 1
            A: do 0
            A: do 0
            A: select /*+ set_var(time_zone = '-11:00') */ (select id from t)
            A: [prepare 0] select 1
            A: [execute 0]
            A: set autocommit = 0
            """),
        ("m9", """
            A: [prepare 0] select (select id from t)
            A: [prepare 1] select id from t
            A: [InitDb] ~b
            A: [execute 1]
            B: insert into t (n) values (1)
            A: [execute 1]
            A: [execute 0]
            B: insert into t (n) values (1)
            A: [Ping]
            A: select 1
            """),
        ("m9", """
            A is eq_one without DeprecateEof
            A: [prepare 0] select (select id from t)
            A: [prepare 1] select id from t
            A: [InitDb] ~b
            A: [execute 1]
            A: do 0
            A: [execute 0]
            B: insert into t (n) values (1)
            A: [SetOption 0]
            A: do 0
            """),
        ("9", """
            A is eq_one without DeprecateEof
            A: set session_track_transaction_info = 'CHARACTERISTICS'
            A: set @@transaction_isolation = 'READ-COMMITTED'
            A: alter table x1 add column z int
            A: set time_zone = '+05:30', sql_big_selects = 1
            """),
        // A user variable has the type in a prepared statement that it had when that was prepared.
        ("", """
            A: [prepare 0] select @a
            A: [prepare 1] select concat(@a, 'x'), @a + 1
            B: set @a = 1
            B: [ChangeUser] ~
            A: set @a = 1
            A: [execute 0]
            A: [execute 1]
            A: select @a
            """),
        ("", """
            A: [prepare 0] select @a
            B: set @a = 1
            B: [ChangeUser] ~
            A: drop table if exists nothing
            A: set @a = @@warning_count, @b = row_count()
            A: [execute 0]
            A: select @a, @b
            """),
        // A cursor on what uses no table leaves the warnings of the statement before, too.
        ("m5", """
            A: [prepare 1] select 1
            A: [execute 0]
            A: [execute 1 with a cursor]
            A: select @@error_count
            A: select * from nothing
            B: insert into t (n) values (1)
            A: [execute 1 with a cursor]
            A: [fetch 1 rows of 1]
            A: show warnings
            """),
        // The error of a command that begins no statement comes on top of what was there, on MySQL since 5.7.
        ("", """
            A: drop table if exists nothing
            B: select * from x1
            A: [InitDb] nothing
            A: select @@error_count, @@warning_count
            A: drop table if exists nothing
            B: select * from x1
            A: [InitDb] nothing
            B: select * from x1
            A: [InitDb] nothing
            A: [Ping]
            A: show warnings
            A: [InitDb] nothing
            A: [InitDb] nothing
            A: show warnings
            A: select * from nothing
            B: select * from x1
            A: [InitDb] nothing
            A: show errors
            A: select 1 from t limit 1
            B: select * from x1
            A: [InitDb] nothing
            A: show warnings
            A: [SetOption 1]
            A: [InitDb] nothing
            A: [SetOption 0]
            A: [InitDb] nothing
            A: select @@error_count
            """),
        // The flags in doubt are those of the connection that had the error, and of no other.
        ("", """
            A is eq_one without DeprecateEof
            B: set autocommit = 0
            A: insert into nothing values (1)
            B: select 1
            A: [prepare 0] select * from t where id = ?
            """),
        ("9", """
            A is eq_two without DeprecateEof
            A: [prepare 2] call p_out(?, ?, ?)
            A: [a piece of parameter 2 of 2] é
            A: set sql_mode = replace(@@sql_mode, 'STRICT_TRANS_TABLES', '')
            A: [execute 2 with a cursor] 1, NULL, NULL
            """),
        // A session may say how many are kept, and then they are counted as ever.
        ("59", """
            A: set max_error_count = 64
            A: set names ucs2
            A: [Ping]
            A: set max_error_count = 2
            A: set names ucs2
            A: [Ping]
            """),
        // A connection that must be told again what to report loses no warnings over it.
        ("9", """
            A: begin
            A: insert into t (n) values (1)
            A: set session_track_gtids = off
            A: show warnings limit 1
            """),
        // To prepare what ends a transaction ends none: READ ONLY is still carried on.
        ("", """
            A: start transaction read only
            A: select * from t order by id
            A: set autocommit = 0
            A: set autocommit = 1
            A: [prepare 0] drop table if exists tt2
            B: insert into t (n) values (1)
            A: insert into t (n) values (1)
            """),
        // With max_error_count = 0 MySQL 9.7 does not count what its parser says.
        ("59", """
            A: set max_error_count = 0
            A: selec 1
            A: [Ping]
            A: select * from nothing
            A: [SetOption 0]
            A: selec 1
            A: show warnings
            A: [SetOption 0]
            """),
        // To explain what uses no table leaves the warnings of the statement before.
        ("", """
            A: select * from nothing
            B: insert into t (n) values (1)
            A: explain select 1
            A: show warnings
            A: select * from nothing
            A: explain select 1
            A: select @@warning_count
            A: select * from nothing
            B: insert into t (n) values (1)
            A: explain select 1 union select 2
            A: show warnings
            A: select * from nothing
            B: insert into t (n) values (1)
            A: explain insert into t (n) values (1)
            A: show warnings
            """),
        // The error with which a session ends its own statement can be asked about.
        ("", """
            A: drop table if exists nothing
            A: kill query connection_id()
            A: show warnings
            A: kill query connection_id()
            A: select row_count()
            A: kill query connection_id()
            A: [Ping]
            A: kill 4294967290
            A: show warnings
            A: begin
            A: kill query connection_id()
            A: [Ping]
            A: insert into t (n) values (1)
            A: rollback
            A: kill connection_id()
            A: select 1
            """),
        // What is not prepared there has nothing to be reset, and is not prepared for it: that would take the warnings away.
        ("", """
            A: [prepare 0] select * from t
            A: [prepare 1] select 1
            B: set @a = 1
            B: [ChangeUser] ~
            A: drop table if exists nothing, nothing2
            A: [StatementReset 0]
            A: [Ping]
            A: show warnings
            A: begin
            A: select 'x' + 1
            A: [StatementReset 0]
            A: [Ping]
            A: [SetOption 0]
            A: show warnings
            A: select * from nothing
            A: [StatementReset 1]
            A: [Ping]
            A: show warnings
            A: insert into t (n) values (1), (2)
            A: [StatementReset 1]
            A: select row_count()
            """),
        ("", """
            A is eq_one without DeprecateEof
            A: [prepare 0] select * from t
            B: set @a = 1
            B: [ChangeUser] ~
            A: set @a = 1
            A: begin
            A: drop view x3
            A: [StatementReset 0]
            A: commit
            """),
        // A piece of a parameter has no answer, and takes no warnings away.
        ("", """
            A: [prepare 0] select n from m where s like ?
            B: set @a = 1
            B: [ChangeUser] ~
            A: begin
            A: drop table if exists nothing
            A: insert into t (id) values (1)
            A: [a piece of parameter 0 of 0] piece
            A: select @@error_count
            A: [execute 0] ''
            A: rollback
            """),
        // What SET STATEMENT puts back is told late, also when it sets something that stays, and is what others begin with.
        ("m", """
            A: set session_track_system_variables = '*'
            A: set statement join_buffer_size := 1 for set sql_buffer_result = 1
            A: create temporary table tt2 (id int) engine=MyISAM
            A: drop temporary table tt2
            A: set @@join_buffer_size = default
            """),
        ("m", """
            A is eq_two with FoundRows
            B is eq_two with FoundRows
            A: set session_track_system_variables = '*'
            A: set statement lc_time_names = default for set sql_safe_updates = 1
            B: select -7
            A: insert into c (t_id) values (1)
            A: use information_schema
            """),
        ("m", """
            A is eq_one without SessionTrack
            A: set statement lc_time_names = 'de_DE', div_precision_increment = 7 for set sql_safe_updates = 1
            B: insert into t (n) values (1)
            A: select 1/3, dayname('2024-01-01'), @@lc_time_names, @@sql_safe_updates
            A: set statement lc_time_names = 'de_DE', div_precision_increment = 7 for set sql_safe_updates = 9
            B: insert into t (n) values (1)
            A: select 1/3, dayname('2024-01-01'), @@lc_time_names, @@sql_safe_updates
            """),
        // Rows that a change returns say nothing of how many were changed.
        ("m", """
            A is eq_two without DeprecateEof
            B is eq_two
            A: set @@autocommit = off
            A: delete from m where id = 1 returning id, s
            B: insert into t (n) values (1)
            A: rollback work
            """),
        // A cursor on what has no table takes no warnings away, where tables do.
        ("", """
            A: [prepare 2] select found_rows()
            A: select * from tt2
            A: [execute 2 with a cursor]
            A: show warnings
            A: [execute 1]
            A: [execute 2 with a cursor]
            A: show warnings
            A: select * from tt2
            B: insert into t (n) values (1)
            A: [execute 2 with a cursor]
            A: show warnings
            """),
        // Nothing is kept of an error, and it is counted.
        ("m5", """
            A: set max_error_count = 0
            A: [execute 1]
            A: select @@warning_count, @@error_count
            A: [execute 1]
            A: show warnings
            A: kill query connection_id()
            A: show errors
            A: set max_error_count = 1
            A: [execute 1]
            A: show warnings
            """),
        // RESIGNAL adds to what is there, which is not there where others were.
        ("", """
            A: create table x1 (n int) engine=Nothing
            A: resignal
            A: [Ping]
            A: select @@warning_count
            A: do 0
            B: insert into t (n) values (1)
            B: set @a = 1
            B: [ChangeUser] ~
            A: resignal
            A: show warnings
            A: resignal
            B: select * from nothing
            A: resignal
            A: select @@warning_count
            """),
        ("9", """
            B: drop table if exists nothing
            A: select 1
            B: drop table if exists nothing
            A: resignal
            A: show warnings
            """),
        // What MariaDB counts of warnings, and does not keep, outlives a reset and a change of user.
        ("m", """
            A: set max_error_count = 0
            A: select 'a' + 1, 'b' + 1
            A: [ResetConnection]
            A: set max_error_count = 1
            A: [ResetConnection]
            A: show count(*) warnings
            A: select 'a' + 1, 'b' + 1
            A: set max_error_count = 0
            A: [ResetConnection]
            A: show count(*) warnings
            A: set max_error_count = 0
            A: select * from nothing
            A: [ChangeUser] ~
            A: select @@warning_count, @@error_count
            A: show warnings
            A: set max_error_count = 0
            A: select 'a' + 1, 'b' + 1
            B: set @a = 1
            B: [ChangeUser] ~
            A: [ResetConnection]
            A: select @@warning_count, @@error_count
            """),
        // To prepare a statement that ends transactions ends none.
        ("", """
            A: set autocommit = 0
            A: start transaction with consistent snapshot, read only
            A: set session autocommit = on
            A: [prepare 1] begin
            B: insert into m (id, n) values (0, 14)
            A: begin
            A: commit
            A: set autocommit = 0
            A: insert into m (n) values (1)
            A: [prepare 1] commit
            B: insert into t (n) values (1)
            A: rollback
            """),
        // It is prepared again with the settings of then, which are set by statements.
        ("", """
            A: [prepare 2] select row_count()
            A: [prepare 1] show warnings
            A: [prepare 0] select @@warning_count
            A: set names sjis collate default
            B: set @a = 1
            B: [ChangeUser] ~
            A: begin
            A: select * from t
            A: [execute 2]
            A: insert into t (n) values (1), (2)
            A: [execute 2]
            A: drop table if exists nothing
            A: begin
            A: select * from nothing
            A: [execute 1]
            A: select * from nothing
            A: [execute 0]
            """),
        // What has a cursor is kept as it was for its client; with the answer in it, it is another statement.
        ("", """
            A is eq_two without DeprecateEof
            A: [prepare 0] select row_count()
            A: [execute 0 with a cursor]
            A: replace into t (id, n) values (9, 'x' + 1e500)
            A: [execute 0]
            A: [execute 0]
            """),
        // The flags of the connection that comes next are not those that an error left in doubt.
        ("", """
            A is eq_one without DeprecateEof
            A: drop
            B: set autocommit = 0
            B: select 1
            A: [prepare 2] set sql_mode = ?
            A: select 1
            """),
        // Found out while the text is read: ROW_COUNT() stays as it was.
        ("m", """
            A: use information_schema
            A: show index from c
            A: select row_count()
            A: set @@session.sql_buffer_result = 1
            A: show index from c
            A: select row_count()
            A: select * from c
            A: select row_count()
            """),
    ];
}
