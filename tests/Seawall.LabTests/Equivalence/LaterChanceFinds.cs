namespace Seawall.LabTests.Equivalence;

/// <content>Those that were found last.</content>
internal static partial class ChanceFinds
{
    private static readonly (string On, string Report)[] s_later =
    [
        // An error that is said again at the server leaves ROW_COUNT() of what has come since.
        ("5", """
            A is eq_one without SessionTrack, DeprecateEof
            A: [prepare 2] call p_rows(?)
            A: [execute 2] 10
            A: [prepare 2] selec
            A: [execute 2]
            A: set @a = last_insert_id(), @b = row_count(), @`c d` = found_rows()
            A: [prepare 1] select @@warning_count
            A: select ROW_COUNT(), 'x'
            """),
        // What FOUND_ROWS() says right behind an error is not what it says after one statement more.
        ("", """
            A is eq_one without SessionTrack, DeprecateEof
            A: replace into t (id, n, s) values (1, 9, '')
            A: update t set s = n / 0 where id < 3
            A: insert into t (n) values (last_insert_id())
            A: select found_rows() + 1
            """),
        // What SET STATEMENT has put back is told with its value of then.
        ("m", """
            A is eq_two
            A: set session_track_system_variables = '*'
            A: set statement join_buffer_size = 200000 for set max_error_count = -1
            A: SET @@join_buffer_size = 1
            A: set statement character_set_results = null for select @@check_constraint_checks
            """),
        // The flags of a result before an error in the same answer do not tell of the transaction that the failed statement has begun.
        ("", """
            A is eq_one without DeprecateEof
            B is eq_one
            A: set @@autocommit = 0
            A: select 1; insert into t (id) values (1); select 3
            B: insert into t (n) values (1)
            A: set autocommit = off
            """),
        // What SET STATEMENT has put back is no report of the next statement, whose end has the flag in the old dialect.
        ("m", """
            A is eq_one without DeprecateEof, SessionTrack
            A: set statement character_set_results = latin1 for insert into t (n) values (1)
            A: set statement sql_safe_updates = 0 for select @@session.wait_timeout
            A: set session_track_system_variables = '*'
            A: set statement sql_notes = 0, max_error_count = 0 for select counted(1)
            A: select counted(1), counted(2)
            A: set statement sql_notes = 0 for select * from nothing
            A: select counted(1), counted(2)
            """),
        // MariaDB leaves ROW_COUNT() as it was where SHOW and DESCRIBE read about what there is not.
        ("", """
            A: use ~b
            A: insert into t (n) values (1)
            A: describe nothing
            A: select row_count()
            A: insert into t (n) values (1)
            B: insert into t (n) values (1), (2)
            A: show index from nothing
            B: insert into t (n) values (1), (2)
            A: select row_count()
            A: insert into t (n) values (1)
            A: show tables from no_such_schema
            B: insert into t (n) values (1), (2)
            A: select row_count()
            A: insert into t (n) values (1)
            A: show create table nothing
            B: insert into t (n) values (1), (2)
            A: select row_count()
            A: insert into t (n) values (1)
            A: desc update nothing set n = 1
            B: insert into t (n) values (1), (2)
            A: select row_count()
            """),
        // With max_error_count = 0 MySQL 9.7 counts no error that it finds while it reads the text, whichever it is.
        ("9", """
            A: set max_error_count = 0
            A: alter table information_schema.x1 add column y int
            A: [Ping]
            A: alter table information_schema.x1 add column y int
            B: insert into t (n) values (1)
            A: [Ping]
            A: set names nothing
            A: [SetOption 0]
            A: set names nothing
            A: [InitDb] no_such_schema
            A: [Ping]
            A: select no_such_function(1)
            B: insert into t (n) values (1)
            A: [Ping]
            A: [InitDb] no_such_schema
            A: [Ping]
            """),
        // What was kept in one character set is not told in another one: sjis has two bytes for the backslash.
        ("m5", """
            A: set names utf8mb4
            A: select `a\b`
            B: insert into t (n) values (1)
            A: set names sjis
            A: show errors
            """),
        ("m5", """
            A: set names utf8mb4
            A: select `aé`
            B: insert into t (n) values (1)
            A: set names latin1
            A: show errors
            """),
        // In ucs2 a kept error is an error as well.
        ("m5", """
            A: set names utf8mb4
            A: select `aé`
            A: set character_set_results = ucs2
            B: insert into t (n) values (1)
            A: show errors
            A: [prepare 0] show warnings
            """),
        // UNLOCK TABLES ends no transaction where nothing is locked, and leaves what the next one is to be.
        ("", """
            A: set transaction read only
            A: unlock tables
            B: insert into t (n) values (1)
            A: begin; insert into t (n) values (16); commit
            B: insert into t (n) values (2)
            """),
        // Nor does every other statement that may: MariaDB's CACHE INDEX leaves it.
        ("m5", """
            A: set transaction read only
            A: cache index m in default
            B: insert into t (n) values (1)
            A: begin; insert into t (n) values (16); commit
            """),
        ("", """
            A: set transaction read only
            A: create table x1 (a int)
            B: insert into t (n) values (1)
            A: begin; insert into t (n) values (16); commit
            """),
        // A statement that fails may have ended the transaction; the one behind it has not ended what it says of the next.
        ("", """
            A: start transaction
            A: update t set n = 14 order by id limit 1
            A: truncate t
            A: set transaction read only
            B: insert into m (n) values (1)
            A: call p_makes()
            A: commit
            B: insert into m (n) values (2)
            """),
        ("", """
            A: start transaction
            A: insert into t (n) values (17)
            A: commit; set transaction read only
            B: insert into m (n) values (3)
            A: insert into t (n) values (18)
            A: commit
            B: insert into m (n) values (4)
            """),
        // MySQL 5.6 tells nothing of what several statements in one text have set: how many errors are kept is not known then.
        ("", """
            A is eq_two without DeprecateEof
            A: set max_error_count := 0; select @@optimizer_switch
            A: select * from no_such_table
            A: set names utf8mb4 collate default
            A: select @@error_count
            A: select * from no_such_table
            A: set names utf8mb4 collate default
            A: select @@warning_count
            """),
        // MySQL 9.7 refuses the value before it executes: the cursor of the execution before stays open.
        ("", """
            A is eq_one with FoundRows
            A: [prepare 1] select sql_calc_found_rows id from t order by id limit ?
            A: [execute 1 with a cursor] 3
            A: [execute 1 with a cursor] -1
            B: insert into t (n) values (1)
            A: [fetch 1 rows of 1]
            A: [fetch 5 rows of 1]
            A: [fetch 5 rows of 1]
            """),
        // The list of variables to report is not in itself any more: that it has another value is told by no name, and what had changed is forgotten.
        ("m", """
            A is eq_two without DeprecateEof
            A: set session_track_state_change = 1
            A: set statement time_zone = 'SYSTEM' for select @@net_write_timeout
            A: set session_track_system_variables = ''
            A: select 1
            """),
        // Any number can be signalled, also one with which servers hang up.
        ("", """
            A: start transaction
            A: insert into t (n) values (21)
            A: signal sqlstate '45000' set mysql_errno = 1153, message_text = 'mine'
            A: show warnings
            A: select row_count()
            A: insert into t (n) values (22)
            A: signal sqlstate '08S01' set mysql_errno = 1053
            A: commit
            A: signal sqlstate '70100' set mysql_errno = 1927
            B: insert into t (n) values (1)
            A: show errors
            A: select count(*) from t
            """),
        // Of several statements one ends the connection.
        ("", """
            A: select 1; kill query connection_id(); select 2
            B: insert into t (n) values (1)
            A: select 1; kill connection_id(); select 2
            A: select 3
            """),
        // Two statements of one text: to the other MySQL 9.7 would never end its answer, when it had a cursor.
        ("", """
            A: [prepare 0] select id, n from t where id = ?
            A: [prepare 2] select id, n from t where id = ?
            B: [prepare 0] select id, n from t where id = ?
            A: [execute 2 with a cursor] 2
            A: [fetch 3 rows of 2]
            A: [execute 0] 1
            B: [execute 0] 1
            A: [execute 2 with a cursor] 2
            A: [fetch 3 rows of 2]
            B: [execute 0] 2
            """),
        // For the piece the statement is prepared once more, and the settings of then are set for that: by statements.
        ("", """
            A is eq_one without DeprecateEof
            A: [prepare 1] do ?
            A: set session transaction isolation level read uncommitted
            A: [execute 1 with a cursor] 10
            A: select count(*) from t
            A: [a piece of parameter 0 of 1] 
            A: select ROW_COUNT(), 'x'
            """),
        // MySQL 5.6 is asked how many warnings there are, and finds a row by that.
        ("", """
            A is eq_one without DeprecateEof
            A: set @a = 5; select @a; set sql_mode = ''
            A: select @@warning_count
            A: select (select id from t)
            A: [SetOption 1]
            A: select found_rows()
            """),
        // A piece of a parameter is no statement: how many warnings the one before has left is repeated behind it.
        ("", """
            A is eq_two with FoundRows
            A: [prepare 0] select ?
            A: select * from tt2
            A: [a piece of parameter 0 of 0] piece
            A: [Ping]
            A: select cast('a' as signed), cast('b' as signed)
            A: [a piece of parameter 0 of 0] piece
            A: [Ping]
            A: select * from tt2
            A: [a piece of parameter 0 of 0] piece
            A: [ChangeUser] ~
            """),
        // An execution in the schema of its preparation: MariaDB says behind the columns already that it will report another one.
        ("m", """
            A is eq_two without DeprecateEof
            A: set autocommit = 0
            A: [prepare 0] select 1
            A: [InitDb] ~b
            A: [execute 0]
            A: select 2
            A: use ~
            A: [execute 0]
            """),
        // Two statements of the same text, one of which has a piece: to prepare the other one again would give the variable another character set.
        ("m5", """
            A: [prepare 0] set @a = ?
            A: [prepare 1] set @a = ?
            A: [execute 0] 'text'
            A: [a piece of parameter 0 of 1] piece
            A: [execute 0] NULL
            A: select @a, charset(@a)
            A: [execute 1] NULL
            A: [execute 1] NULL
            A: select @a, charset(@a)
            """),
        ("m5", """
            A: [prepare 0] set @a = ?
            A: [prepare 1] set @a = ?
            A: [execute 0] 'text'
            A: [execute 1] NULL
            A: select @a, charset(@a)
            A: [execute 0] NULL
            A: select @a, charset(@a)
            A: [StatementReset 0]
            A: [execute 0] NULL
            A: select @a, charset(@a)
            """),
        // With results of two or four bytes for a letter errors have no words.
        ("", """
            A: set character_set_results = 60
            A: kill 4294967290
            A: [execute 2]
            A: set character_set_results = ucs2
            A: [StatementReset 2]
            A: [fetch 1 rows of 2]
            A: set character_set_results = utf16
            A: kill query connection_id()
            A: set character_set_results = utf16le
            A: kill 4294967290
            A: [execute 2]
            A: set names utf8mb4
            A: kill 4294967290
            """),
        // Only the connection itself knows whether WHERE id IS NULL is to find the number that was made last.
        ("", """
            A: set sql_auto_is_null = 1
            A: insert into t (n) values (25)
            B: insert into t (n) values (1)
            B: insert into t (n) values (2)
            A: select n from t where id is null
            A: select n from t where id is null
            A: insert into t (n) values (26)
            B: insert into t (n) values (3)
            A: update t set n = 27 where id is null
            A: select id, n from t order by id
            """),
        // It finds none of others.
        ("", """
            A: select count(*) from t
            B: truncate m
            B: insert into m (n) values (1)
            A: set sql_auto_is_null = 1
            A: select n from t where id is null
            A: delete from t where id is null
            A: set sql_auto_is_null = 0
            B: insert into t (n) values (2)
            """),
        ("", """
            A: insert into t (n) values (28)
            B: insert into t (n) values (1)
            B: insert into t (n) values (2)
            A: set sql_auto_is_null = 1
            A: select n from t where id is null
            A: select n from t where id is null
            """),
        // Nor does a statement that switches it on for itself; it finds the session's own.
        ("m", """
            A: select count(*) from t
            B: truncate m
            B: insert into m (n) values (1)
            A: set statement sql_auto_is_null = 1 for select n from t where id is null
            A: set statement sql_auto_is_null = 1 for delete from t where isnull(id)
            A: insert into t (n) values (31)
            B: insert into t (n) values (2)
            A: set statement sql_auto_is_null = 1 for select n from t where id is null
            A: select count(*) from t
            """),
        ("9", """
            A: select count(*) from t
            B: truncate m
            B: insert into m (n) values (1)
            A: select /*+ set_var(sql_auto_is_null = 1) */ n from t where id is null
            A: delete /*+ SET_VAR(SQL_AUTO_IS_NULL=on) */ from t where id is null
            A: [prepare 0] select /*+ set_var(sql_auto_is_null = 1) */ n from t where id is null
            A: [execute 0]
            A: insert into t (n) values (31)
            B: insert into t (n) values (2)
            A: [execute 0]
            A: select count(*) from t
            """),
        ("", """
            A: select count(*) from t
            B: truncate m
            B: insert into m (n) values (1)
            A: set sql_auto_is_null = 1; select n from t where id is null; delete from t where id is null
            A: insert into t (n) select 32
            A: select n from t where id is null
            A: set sql_auto_is_null = 0
            """),
        // To fetch the last rows of a cursor leaves the warnings of the statement before.
        ("", """
            A is eq_one
            B is eq_one
            A: [prepare 0] select id from t order by id
            A: [execute 0 with a cursor]
            A: drop table if exists nope
            A: [fetch 9 rows of 0]
            B: insert into t (n) values (1)
            A: select @@warning_count
            A: [execute 0 with a cursor]
            A: drop table if exists nope
            A: [fetch 9 rows of 0]
            B: insert into t (n) values (1)
            A: show warnings
            """),
        // A piece whose statement is prepared again with a warning leaves none.
        ("m9", """
            A is eq_one
            B is eq_one
            A: [prepare 0] select 'a' || ?
            B: create temporary table tt1 (id int)
            B: [ResetConnection]
            A: select 1
            A: [a piece of parameter 0 of 0] piece
            A: show count(*) warnings
            A: select 1
            A: [a piece of parameter 0 of 0] piece
            A: show warnings
            """),
        // A piece whose statement cannot be prepared again leaves nothing.
        ("", """
            A is eq_one without DeprecateEof
            A: create temporary table tt1 (id int primary key auto_increment, n int, s varchar(20)) engine=MyISAM
            A: [prepare 0] insert into tt1 (n) values (?)
            A: alter table tt1 rename to tt3
            A: [execute 0 with a cursor] 1
            A: update ~.t set n = 8 order by id limit 1
            A: [a piece of parameter 0 of 0] piece
            A: select row_count()
            A: update ~.t set n = 9 order by id limit 1
            A: [a piece of parameter 0 of 0] piece
            A: show warnings
            """),
        // How many warnings there were is asked whatever the session has for a limit, if nobody has told of it.
        ("", """
            A: set sql_select_limit = 0; select 1
            A: set session sort_buffer_size = 1, sql_mode = 'nothing'
            A: [Ping]
            A: set session sort_buffer_size = 1, sql_mode = 'nothing'
            A: [Ping]
            A: show warnings
            """),
        // And the question leaves FOUND_ROWS() as it was.
        ("m5", """
            A: set max_error_count = 1
            A: select id from t
            A: set session sort_buffer_size = 1, sql_mode = 'nothing'
            A: [Ping]
            A: select found_rows()
            """),
        // Numbers are read in ucs2 as well.
        ("", """
            A: set character_set_results = ucs2
            B: insert into t (n) values (1)
            A: insert into t (id, n) values (70, 1)
            A: select sql_calc_found_rows id from t order by id limit 1
            A: select found_rows(), last_insert_id()
            """),
        // What the earlier of several statements have set is set, also where a later one fails.
        ("", """
            A: set time_zone = '+05:00'; select * from no_such_table
            A: select @@time_zone
            B: select @@time_zone
            A: select @@time_zone
            """),
        ("", """
            A: set names latin1 collate latin1_german1_ci; select * from no_such_table
            A: select collation('a')
            B: select collation('a')
            A: select collation('a')
            """),
        ("", """
            A: set @@group_concat_max_len = 10; signal sqlstate '45000'
            A: select @@group_concat_max_len
            B: select @@group_concat_max_len
            """),
        ("", """
            A: use ~b; selec
            A: select database()
            B: select database()
            A: select database()
            """),
        // The server closes the connection, and nobody else is to have it.
        ("", """
            A: set completion_type = 2
            A: begin
            A: savepoint a
            A: rollback to a
            A: rollback and no chain no release
            B: select 1
            A: commit
            B: select 2
            A: select 3
            """),
        // What it has by default, MariaDB reports in a word that is no value.
        ("m", """
            A: set system_versioning_asof = '2020-01-01 00:00:00'
            A: set system_versioning_asof = default
            B: select @@system_versioning_asof
            A: select @@system_versioning_asof
            """),
        // MySQL 5.6 tells nothing of what EXECUTE and routines have set: how many errors are kept is not known then.
        ("", """
            A is eq_two without DeprecateEof
            A: prepare p1 from 'set max_error_count = 0'
            A: execute p1
            A: select * from no_such_table
            A: set names utf8mb4 collate default
            A: select @@error_count, @@warning_count
            """),
        ("m5", """
            A: prepare p1 from 'set max_error_count = 0'
            A: execute p1
            A: select id from t
            A: [StatementReset 0]
            A: show warnings
            A: [fetch 1 rows of 0]
            A: select found_rows(), @@error_count
            A: select row_count()
            A: set max_error_count = 5
            A: [StatementReset 0]
            A: show errors
            """),
    ];
}
