namespace Seawall.Tests.Statements;

/// <summary>The cases of <see cref="StatementLexerTests"/>.</summary>
internal static partial class Tables
{
    public const string Verbs = """
        [9.7 8.4 5.7 5.6 maria]
         => Empty
        ; ;; ; => Empty
        /* nothing */ -- nothing => Empty
        # nothing => Empty
        select 1 => Select Harmless
        SELECT 1; => Select Harmless
        SeLeCt * FROM t WHERE id = 17 => Select Harmless
        (select 1) union (select 2) => Select Harmless
        ((select 1)) => Select Harmless
        select 1; select 2 => Select *2 Harmless
        select 1;; select 2;;; => Select *2 Harmless
        select 1; insert into t values (1) => Select *2
        insert into t (a, b) values (1, 2) => Insert
        insert t (a, b) values (1, 2) => Insert
        insert ignore into db.t (a) value (1) => Insert
        insert low_priority t (a) select a from b => Insert
        insert into `t` (`a`) values (1) on duplicate key update a = values(a) => Insert
        insert into status (a) values (1) => Insert
        replace into t(a) values (1) => Replace
        replace t (a) values (1) => Replace
        update t set a = 1 where b = 2 => Update
        delete from t where a in (1, 2) => Delete
        load data infile 'x' into table t (a, b) => Load
        load data local infile 'x' into table t => Load LoadsLocalFile
        load data low_priority local infile 'x' into table t (a, @b) set c = @b + 1 => Load LoadsLocalFile UserVariableWrite UserVariableRead
        load xml concurrent local infile 'x' into table t (a) => Load LoadsLocalFile
        load index into cache t => Load ImplicitCommit
        use db => Use Use
        use `begin` => Use Use
        begin => Begin BeginsTransaction ImplicitCommit
        begin work; => Begin BeginsTransaction ImplicitCommit
        start transaction => Begin BeginsTransaction ImplicitCommit
        start transaction with consistent snapshot, read only => Begin BeginsTransaction ImplicitCommit SetsNextTransaction
        start transaction with consistent snapshot => Begin BeginsTransaction ImplicitCommit
        start transaction /* read only */ read write; => Begin BeginsTransaction ImplicitCommit SetsNextTransaction
        start transaction; read only => Begin *2 BeginsTransaction ImplicitCommit Anything
        commit => Commit EndsTransaction
        commit work and chain => Commit EndsTransaction ChainsTransaction
        commit and no chain release => Commit EndsTransaction ReleasesConnection
        commit and chain no release => Commit EndsTransaction ChainsTransaction
        commit no release => Commit EndsTransaction
        rollback => Rollback EndsTransaction
        rollback release => Rollback EndsTransaction ReleasesConnection
        rollback and chain => Rollback EndsTransaction ChainsTransaction
        rollback to a => Rollback
        rollback work to savepoint release => Rollback
        savepoint a => Savepoint
        release savepoint a => ReleaseSavepoint
        release a => Other Anything
        call p() => Call CallsProcedure
        call db.p(1, 'x', f(2)) => Call CallsProcedure CallsUnknownFunction
        call p(@a, 1) => Call CallsProcedure UserVariableRead UserVariableWrite
        do 1 => Do
        do sleep(1) => Do Waits
        show tables => Show Harmless
        show full columns from t where field = upper('a') => Show Harmless
        show create table t => Show Harmless
        show variables like 'x' => Show Harmless
        show session variables => Show Harmless
        show global status => Show Harmless
        show status => Show SessionStatus
        show session status like 'x' => Show SessionStatus
        show local status => Show SessionStatus
        show table status => Show Harmless
        show engine innodb status => Show Harmless
        show warnings => Show ReadsDiagnostics
        show warnings limit 1 => Show ReadsDiagnostics
        show errors => Show ReadsDiagnostics
        show count(*) warnings => Show ReadsDiagnostics
        show count(*) errors => Show ReadsDiagnostics
        show index from warnings => Show Harmless
        show profile for query 1 => Show ReadsProfile
        show profiles => Show ReadsProfile
        show processlist => Show Harmless
        describe t => Describe Harmless
        desc t => Describe Harmless
        desc select * from t => Describe Harmless
        explain select * from t => Explain Harmless
        explain update t set a = 1 => Explain Harmless
        explain extended delete from t => Explain Harmless
        explain for connection 7 => Explain NamesConnection
        lock tables t read => LockTables LocksTables ImplicitCommit
        lock table t write => LockTables LocksTables ImplicitCommit
        unlock tables => UnlockTables UnlocksTables ImplicitCommit
        unlock table => UnlockTables UnlocksTables ImplicitCommit
        lock t => Other Anything
        unlock => Other Anything
        flush tables => Flush ImplicitCommit
        flush tables with read lock => Flush ImplicitCommit FlushesWithReadLock
        flush no_write_to_binlog tables t, u with read lock => Flush ImplicitCommit FlushesWithReadLock
        flush tables t for export => Flush ImplicitCommit FlushesWithReadLock
        flush status => Flush ImplicitCommit SessionStatus
        flush privileges => Flush ImplicitCommit
        handler t open => Handler OpensHandler
        handler db.t open as h => Handler OpensHandler
        handler `open` open => Handler OpensHandler
        handler t read first => Handler
        handler h close => Handler ClosesHandler
        handler `h` close => Handler ClosesHandler
        handler db.close close => Handler ClosesHandler
        xa start 'a' => Xa Xa BeginsTransaction
        xa begin 'a','b',1 => Xa Xa BeginsTransaction
        xa end 'a' => Xa Xa
        xa prepare 'a' => Xa Xa
        xa commit 'a' one phase => Xa Xa EndsTransaction
        xa rollback 'a' => Xa Xa EndsTransaction
        xa recover => Xa
        prepare s from 'select 1' => Prepare PreparesText
        prepare s from @a => Prepare PreparesText UserVariableRead
        execute s => Execute ExecutesText Anything
        execute s using @a, @b => Execute ExecutesText Anything UserVariableRead
        deallocate prepare s => Deallocate DeallocatesText
        drop prepare s => Deallocate DeallocatesText
        create table t (id int primary key, b varchar(10), key b (b)) => Create ImplicitCommit
        create table if not exists t (a int(11), constraint c foreign key fk (a) references u (b)) => Create ImplicitCommit
        create table t (a int) partition by range (year(a)) (partition p0 values less than (10)) => Create ImplicitCommit
        create table t select f(a) from b => Create ImplicitCommit CallsUnknownFunction
        create table t as select upper(a) from b => Create ImplicitCommit
        create temporary table t (a int, key f (a)) => Create CreatesTemporaryTable
        create temporary table if not exists db.t as select 1 => Create CreatesTemporaryTable
        create index f on t (a, b(10)) => Create ImplicitCommit
        create unique index f on t (a) => Create ImplicitCommit
        create or replace view v (a, b) as select 1, 2 => Create ImplicitCommit
        create algorithm = merge definer = root@localhost sql security invoker view v as select f(1) => Create ImplicitCommit UserVariableRead CallsUnknownFunction
        create user 'a'@'b' identified by 'c' => Create ImplicitCommit UserVariableRead
        create user event => Create ImplicitCommit
        create database d => Create ImplicitCommit
        create procedure p() select get_lock('a', 1) => Create ImplicitCommit DefinesRoutine
        create function f() returns int return sleep(1) => Create ImplicitCommit DefinesRoutine
        create function f returns string soname 'f.so' => Create ImplicitCommit DefinesRoutine
        create definer = `a`@`b` trigger r before insert on t for each row set @a = 1 => Create ImplicitCommit DefinesRoutine UserVariableRead
        create event e on schedule every 1 day do begin select 1; select 2; end => Create ImplicitCommit DefinesRoutine
        alter table t add column f int(11), add index g (a) => Alter ImplicitCommit
        alter table t rename to u => Alter ImplicitCommit RenamesTable
        alter table t rename u => Alter ImplicitCommit RenamesTable
        alter table t rename `u` => Alter ImplicitCommit RenamesTable
        alter table t rename index a to b => Alter ImplicitCommit
        alter table t rename key a to b, rename as u => Alter ImplicitCommit RenamesTable
        alter event e do delete from t => Alter ImplicitCommit DefinesRoutine
        alter event e rename to f do begin delete from t; commit; end => Alter ImplicitCommit DefinesRoutine RenamesTable
        alter view v as select f(1) => Alter ImplicitCommit CallsUnknownFunction
        drop table t => Drop ImplicitCommit DropsTable
        drop table if exists t, u => Drop ImplicitCommit DropsTable
        drop temporary table t => Drop DropsTemporaryTable
        drop temporary tables if exists t => Drop DropsTemporaryTable
        drop view v => Drop ImplicitCommit
        drop user u => Drop ImplicitCommit
        drop database d => Drop ImplicitCommit
        truncate t => Truncate ImplicitCommit
        truncate table t => Truncate ImplicitCommit
        rename table a to b => Rename ImplicitCommit RenamesTable
        rename user a to b => Rename ImplicitCommit
        kill 7 => Kill Kills
        kill query connection_id() => Kill Kills ReadsConnectionId
        signal sqlstate '45000' set message_text = 'no' => Signal
        resignal => Signal ReadsDiagnostics
        get diagnostics @a = number => GetDiagnostics ReadsDiagnostics UserVariableWrite
        get current diagnostics condition @n @a = message_text => GetDiagnostics ReadsDiagnostics UserVariableRead UserVariableWrite
        reset query cache => Reset ImplicitCommit
        grant select (a, b), update on t to u => Grant ImplicitCommit
        revoke all on *.* from u => Grant ImplicitCommit
        analyze table t => Analyze ImplicitCommit
        analyze local table t => Analyze ImplicitCommit
        check table t => Maintain ImplicitCommit
        checksum table t => Maintain ImplicitCommit
        optimize table t => Maintain ImplicitCommit
        repair table t => Maintain ImplicitCommit
        cache index t index (a) in k => Maintain ImplicitCommit
        change master to master_host = 'x', ignore_server_ids = (1, 2) => Replication ImplicitCommit
        start slave => Replication ImplicitCommit
        stop slave => Replication ImplicitCommit
        purge binary logs before now() => Replication
        install plugin p soname 'p.so' => Server ImplicitCommit
        uninstall plugin p => Server ImplicitCommit
        shutdown => Server ImplicitCommit
        help 'select' => Help
        binlog 'AAAA' => Other Anything
        frobnicate 1 => Other Anything
        1 => Other Anything
        'select' => Other Anything
        ) select 1 => Other Anything
        ( => Other Anything
        . => Other Anything
        delimiter // => Other Anything
        """;

    public const string Versions = """
        [9.7 8.4]
        select default(a) from t => Select Harmless
        with a as (select 1) select * from a => With Harmless
        with recursive a (n) as (select 1 union all select n + 1 from a), b (m) as (select 2) select f(1) from a, b => With CallsUnknownFunction
        with a as (select 1) update t, a set t.x = 1 => With
        with a as (select 1) delete from t => With
        with a as (select 1), b (c) as (select 2) table a order by c, f(c) => With CallsUnknownFunction
        values row(1, 2), row(3, 4) => Values Harmless
        table t => Table Harmless
        table t order by a limit 1 => Table Harmless
        table t into outfile 'x' => Table IntoOutfile
        explain analyze select * from t => Explain Harmless
        explain analyze update t set a = 1 => Explain
        explain analyze insert into t values (1) => Explain
        explain analyze replace into t values (1) => Explain
        explain analyze delete from t => Explain
        explain analyze select insert('a', 1, 1, 'b'), replace('a', 'b', 'c') => Explain Harmless
        explain format=json into @a select 1 => Explain UserVariableWrite
        lock instance for backup => LockInstance LocksInstance
        unlock instance => UnlockInstance UnlocksInstance
        create role r => Create ImplicitCommit
        create resource group g type = user => Create ImplicitCommit
        set resource group g => Set SetsResourceGroup
        set persist x = 1 => Set SetsGlobal
        set persist_only x = 1, @@persist.y = 2 => Set SetsGlobal
        clone local data directory = '/x' => Server ImplicitCommit
        restart => Server ImplicitCommit
        import table from 'x' => Server ImplicitCommit
        start group_replication => Replication ImplicitCommit
        select json_extract(a, '$.b') from t => Select Harmless
        select a->'$.b', a->>'$.c' from t => Select Harmless
        select rank() over (partition by a), row_number() over w from t window w as (order by b) => Select Harmless
        select * from json_table('[]', '$[*]' columns (a int path '$')) j => Select Harmless
        select bin_to_uuid(uuid_to_bin(uuid())) => Select Harmless
        select mysql_query_attribute_string('a') => Select Harmless
        select regexp_replace('a', 'b', 'c') => Select Harmless
        select release_all_locks() => Select ReleasesAllNamedLocks
        select password('x') => Select CallsUnknownFunction
        select contains(a, b) from t => Select CallsUnknownFunction
        select nextval(s) => Select CallsUnknownFunction
        select * from t where a in (select b from lateral (select 1 as b) d) => Select Harmless
        select * from t for share => Select Locking
        select * from t for update of t nowait => Select Locking
        select * from t for update skip locked => Select Locking
        select any_value(a) from t => Select Harmless
        insert into t values (1, 2) as new(m, n) on duplicate key update a = m => Insert
        (table t) => Table Harmless
        select * from (values row(1)) as dt (a) => Select Harmless
        select * from (select 1) dt (a) where f(1) => Select CallsUnknownFunction
        [5.6]
        select default(a) from t => Select Harmless
        select json_extract(a, '$.b') from t => Select CallsUnknownFunction
        select rank() from t => Select CallsUnknownFunction
        select uuid_to_bin(a) => Select CallsUnknownFunction
        select password('x'), contains(a, b), des_encrypt('x') from t => Select Harmless
        select release_all_locks() => Select CallsUnknownFunction
        select wait_until_sql_thread_after_gtids('x') => Select Waits
        [5.7]
        select json_extract(a, '$.b') from t => Select Harmless
        select regexp_replace('a', 'b', 'c') => Select CallsUnknownFunction
        select wait_for_executed_gtid_set('x') => Select Waits
        select release_all_locks() => Select ReleasesAllNamedLocks
        [maria]
        with a as (select 1) select * from a => With Harmless
        values (1, 2), (3, 4) => Values Harmless
        backup stage start => Backup LocksBackup
        backup stage block_commit => Backup LocksBackup
        backup stage end => Backup UnlocksBackup
        backup lock t => Backup LocksBackup
        backup unlock => Backup UnlocksBackup
        analyze select * from t => Analyze
        analyze format=json update t set a = 1 => Analyze
        analyze table t persistent for columns (a) indexes (b) => Analyze ImplicitCommit
        create sequence s => Create ImplicitCommit
        create temporary sequence s => Create CreatesTemporaryTable
        create or replace temporary table t (a int) => Create CreatesTemporaryTable
        create or replace table t (a int) => Create ImplicitCommit
        drop sequence s => Drop ImplicitCommit DropsTable
        drop temporary sequence s => Drop DropsTemporaryTable
        select next value for s => Select UsesSequence
        select nextval(s), setval(s, 5) => Select UsesSequence
        select previous value for s => Select ReadsLastSequenceValue
        select lastval(s) => Select ReadsLastSequenceValue
        select s.nextval => Select UsesSequence
        select s.currval => Select ReadsLastSequenceValue
        select default(a) from t => Select UsesSequence
        select sql%rowcount => Select ReadsRowCount
        select @@last_gtid => Select ReadsLastGtid
        select wsrep_last_written_gtid() => Select ReadsLastGtid
        select master_gtid_wait('0-1-1') => Select Waits
        set statement max_statement_time = 1 for select 1 => Select SetsSystemVariable
        set statement sql_mode = '', lock_wait_timeout = 1 + 2 for update t set a = 1 => Update SetsSystemVariable
        set statement max_statement_time = (select 1 for update) for insert into t (a) values (1) => Insert SetsSystemVariable Locking
        set statement x = 1 => Set SetsSystemVariable
        execute immediate 'select 1' => Execute ExecutesText Anything
        begin not atomic select 1; end => Other *2 Compound Anything
        if 1 then select 1; end if => Other *2 Compound Anything
        for i in 1..3 do select i; end for => Other *2 Compound Anything
        loop select 1; end loop => Other *2 Compound Anything
        show explain for 7 => Show NamesConnection
        show analyze for 7 => Show NamesConnection
        select json_table => Select Harmless
        select column_get(a, 'b' as char(10)) from t => Select Harmless
        select median(a) over (partition by b) from t => Select Harmless
        select uuid_to_bin('x') => Select CallsUnknownFunction
        select * from t for system_time as of timestamp f(1) => Select CallsUnknownFunction
        select * from t procedure analyse(10, 20) => Select Harmless
        insert into t (a) values (1) returning f(a) => Insert CallsUnknownFunction
        create package p as function f return int; end; => Create ImplicitCommit DefinesRoutine
        lock tables t read local, u as v write => LockTables LocksTables ImplicitCommit
        change master 'a' to master_host = 'x' => Replication ImplicitCommit
        set role r => Set SetsRole
        set default role r => Set ImplicitCommit
        install soname 'x' => Server ImplicitCommit
        """;

    public const string Traits = """
        [9.7 8.4 5.7 5.6 maria]
        select * from t for update => Select Locking
        select * from t lock in share mode => Select Locking
        select * from a where b = (select c from d for update) => Select Locking
        select f(1) => Select CallsUnknownFunction
        select f (1) => Select CallsUnknownFunction
        select f/* */(1) => Select CallsUnknownFunction
        select db.f(1) => Select CallsUnknownFunction
        select `db`.`f`(1) => Select CallsUnknownFunction
        select `f`(1) => Select CallsUnknownFunction
        select db.abs(1) => Select CallsUnknownFunction
        select `get_lock`('a', 1), `found_rows`() => Select CallsUnknownFunction TakesNamedLock ReadsFoundRows
        select `last_insert_id`(), `Last_Insert_Id`(1) => Select CallsUnknownFunction ReadsLastInsertId SetsLastInsertId
        select db.get_lock('a', 1), `db`.`get_lock`('a', 1) => Select CallsUnknownFunction
        insert into `sleep` (a) values (1) => Insert
        select 1 where not f(1) => Select CallsUnknownFunction
        select a from t where f(a) = 1 order by g(b) => Select CallsUnknownFunction
        select 1 as a, f(2) => Select CallsUnknownFunction
        select 1 as 'a', f(2) => Select CallsUnknownFunction
        select trim(both 'x' from f(1)) => Select CallsUnknownFunction
        insert into t (a, b) values (f(1), 2) => Insert CallsUnknownFunction
        insert into t values (1) on duplicate key update a = f(b) => Insert CallsUnknownFunction
        insert into status select f(1) => Insert CallsUnknownFunction
        insert into t select f(1) => Insert CallsUnknownFunction
        update t set a = f(1) => Update CallsUnknownFunction
        select a from b group by a with rollup having f(a), g(b) => Select CallsUnknownFunction
        select abs(-1), Count(*), sum(distinct a), now(), if(a, b, c), left('a', 1), char(65 using utf8) from t => Select Harmless
        select cast(a as char(10)), convert(b, decimal(10, 2)), convert(c using latin1), extract(day from d) from t => Select Harmless
        select substring(a from 2 for 3), position('a' in b), group_concat(a order by b separator ',') from t => Select Harmless
        select date_add(a, interval 1 day), timestampdiff(day, a, b), get_format(date, 'USA') from t => Select Harmless
        select case when (a) then (b) else (c) end, (a) in (1), (b) between (1) and (2), exists (select 1) from t => Select Harmless
        select * from a join b using (c) left join d on (e = f) where (a, b) in ((1, 2)) and x = any (select 1) => Select Harmless
        select * from t use index (a) ignore index for join (b) force index (c) where match (a) against ('x') => Select Harmless
        select * from t partition (p0, p1) where a = all (select 1) => Select Harmless
        select distinct (a), binary (b), not (c), - (d) from t limit 1, 2 => Select Harmless
        select interval(1, 2), mod(1, 2), row(1, 2) = (1, 2), {d '2020-01-01'}, {fn now()} => Select Harmless
        select insert('a', 1, 1, 'b'), replace('a', 'b', 'c'), values(a), truncate(1, 2) from t => Select Harmless
        select database(), schema(), user(), current_user(), version(), charset('a') => Select Harmless
        select load_file('x') => Select Harmless
        select @a => Select UserVariableRead
        select @a, @'b', @"c", @`d` => Select UserVariableRead
        select @a.b$c_d => Select UserVariableRead
        select @a := 1 => Select UserVariableWrite
        select @a:=@a+1 from t => Select UserVariableWrite UserVariableRead
        select @`a;b` := 1 => Select UserVariableWrite
        select a into @a from t => Select UserVariableWrite
        select 1, 2 into @a, @b => Select UserVariableWrite
        select 1 into @a; => Select UserVariableWrite
        select @a into @b => Select UserVariableRead UserVariableWrite
        select a into @b from t where c = @d => Select UserVariableWrite UserVariableRead
        select @ => Select UserVariableRead
        select 1 into outfile 'x' => Select IntoOutfile
        select 1 into dumpfile 'x' => Select IntoOutfile
        select 1 into outfile 'x' fields terminated by ',' from t => Select IntoOutfile
        select a from t into x => Select
        select get_lock('a', 1) => Select TakesNamedLock
        select GET_LOCK ('a', 1) => Select TakesNamedLock
        select get_lock from t => Select Harmless
        select release_lock('a') => Select ReleasesNamedLock
        select is_free_lock('a') => Select Harmless
        select is_used_lock('a') => Select ReadsConnectionId
        select sleep(1), benchmark(1, 2) => Select Waits
        select master_pos_wait('a', 1) => Select Waits
        select connection_id() => Select ReadsConnectionId
        select @@pseudo_thread_id => Select ReadsConnectionId
        select last_insert_id() => Select ReadsLastInsertId
        select last_insert_id ( /* none */ ) => Select ReadsLastInsertId
        select last_insert_id(5) => Select SetsLastInsertId
        update t set a = last_insert_id(a + 1) => Update SetsLastInsertId
        insert into t values (last_insert_id()) => Insert ReadsLastInsertId
        select last_insert_id(last_insert_id()) => Select SetsLastInsertId ReadsLastInsertId
        select @@last_insert_id => Select ReadsLastInsertId
        select @@session.identity, @@`insert_id` => Select ReadsLastInsertId
        select @@global.x, @@x, @@session . y, @@local.z => Select Harmless
        select row_count() => Select ReadsRowCount
        select found_rows() => Select ReadsFoundRows
        select sql_calc_found_rows * from t => Select Harmless CalculatesFoundRows
        select @@warning_count => Select ReadsDiagnostics
        select @@session.error_count => Select ReadsDiagnostics
        select * from information_schema.profiling => Select ReadsProfile
        select * from information_schema.`OPTIMIZER_TRACE` => Select ReadsProfile
        select for_update, into_x, unlock_tables from t => Select Harmless
        select t.into, t.`for`, t.lock, t.into from t => Select Harmless
        select 'for update', "into @a", `for update` from t => Select Harmless
        select a as into_ from t => Select Harmless
        select 1.5for update => Select Locking
        select 1.for update => Select Locking
        select 1e5for update => Select Locking
        select .5for update => Select Locking
        select a.5for update => Select Harmless
        select a /**/.5for update => Select Locking
        select 1for from t => Select Harmless
        select 1e+5, 1e-5, .5e5, 0x1F, 0b01, x'1F', b'01', N'a', _utf8'a', _binary 'a' => Select Harmless
        select 1e-- 'x => Select Harmless
        select 5--1 => Select Harmless
        select 5-- 'x => Select Harmless
        select 1 # 'x => Select Harmless
        select 1 -- 'x\n, sleep(1) => Select Waits
        select 1 --\n, sleep(1) => Select Waits
        select 1 -- => Select Harmless
        select 1 --x' => Select Anything
        select 'a''b', "c""d", `e``f` => Select Harmless
        select 'a\'b; sleep(1)' => Select Harmless
        select 'a\\'; select sleep(1) => Select *2 Waits
        select "a\"b; sleep(1)" => Select Harmless
        select `a\`; select sleep(1) => Select *2 Waits
        select 'a => Select Anything
        select "a => Select Anything
        select `a => Select Anything
        select /* a => Select Anything
        select /*/ a */ => Select Harmless
        select /**/ 1 /***/ => Select Harmless
        select 2 */* x */ 3 => Select Harmless
        select 2*/ 3 => Select Harmless
        select 1 /* ; sleep(1) */ => Select Harmless
        select 1 /* /* */ 2 => Select Harmless
        select 1 \x01 => Select Anything
        select 1 \x00 => Select Anything
        select `a\x00b` => Select Anything
        select 1 -- a\x00b => Select Anything
        select 'a\x00b', /* \x00 */ 2 => Select Harmless
        select 'é', é, `é`, @é from ü => Select UserVariableRead
        select f\xc3\xa9(1) => Select CallsUnknownFunction
        create procedure p() begin select 1; select 2; end; select sleep(1) => Create *2 ImplicitCommit DefinesRoutine Waits
        create procedure p() begin if a then select 1; elseif b then select 2; else select 3; end if; end; select sleep(1) => Create *2 ImplicitCommit DefinesRoutine Waits
        create procedure p() begin case a when 1 then select 1; end case; while 1 do select 2; end while; end; select sleep(1) => Create *2 ImplicitCommit DefinesRoutine Waits
        create procedure p() begin a: loop leave a; end loop a; repeat set b = repeat('x', 2); until 1 end repeat; end; select sleep(1) => Create *2 ImplicitCommit DefinesRoutine Waits
        create procedure p() begin declare c cursor for select 1; declare exit handler for sqlexception begin end; end; select sleep(1) => Create *2 ImplicitCommit DefinesRoutine Waits
        create procedure p() begin select if(a, b, c), case when d then e end from t; end; select sleep(1) => Create *2 ImplicitCommit DefinesRoutine Waits
        create procedure p() select 1; select sleep(1) => Create *2 ImplicitCommit DefinesRoutine Waits
        create trigger r before insert on t for each row if new.a then set new.b = 1; end if; select sleep(1) => Create *2 ImplicitCommit DefinesRoutine Waits
        create procedure p() begin select 1; => Create ImplicitCommit DefinesRoutine Anything
        create procedure p() begin select 'end; => Create ImplicitCommit DefinesRoutine Anything
        create function f(a int) returns int deterministic return a; drop temporary table t => Create *2 ImplicitCommit DefinesRoutine DropsTemporaryTable
        """;

    public const string Assignments = """
        [9.7 8.4 5.7 5.6 maria]
        set autocommit = 0 => Set SetsAutocommit
        set autocommit=1 => Set SetsAutocommit
        set @@autocommit = 1 => Set SetsAutocommit
        set session autocommit = on => Set SetsAutocommit
        set names utf8 => Set SetsNames
        set names 'utf8' collate 'utf8_bin' => Set SetsNames
        set names default => Set SetsNames
        set character set utf8 => Set SetsNames
        set charset latin1 => Set SetsNames
        set char set latin1 => Set SetsNames
        set character_set_results = null => Set SetsNames
        set @@session.character_set_client = utf8, collation_connection = utf8_bin => Set SetsNames
        set sql_mode = '' => Set SetsSystemVariable
        set session sql_mode = concat(@@sql_mode, ',STRICT_ALL_TABLES') => Set SetsSystemVariable
        set @@session.sql_mode := 'ANSI', @@local.wait_timeout = 1 => Set SetsSystemVariable
        set local time_zone = '+00:00' => Set SetsSystemVariable
        set `time_zone` = 'SYSTEM' => Set SetsSystemVariable
        set @@`session`.`time_zone` = 'SYSTEM' => Set SetsSystemVariable
        set global max_connections = 10 => Set SetsGlobal
        set @@global.max_connections = 10 => Set SetsGlobal
        set @@global.max_connections = 10, wait_timeout = 1 => Set SetsGlobal SetsSystemVariable
        set global max_connections = 10, wait_timeout = 1 => Set SetsGlobal
        set global max_connections = 10, @@wait_timeout = 1 => Set SetsGlobal SetsSystemVariable
        set session a = 1, global b = 2, c = 3, local d = 4, autocommit = 0 => Set SetsSystemVariable SetsGlobal SetsAutocommit
        set global a = 1, session b = 2, c = 3 => Set SetsGlobal SetsSystemVariable
        set names utf8, @a = 1, autocommit = 0, sql_mode = '', global x = 1 => Set SetsNames UserVariableWrite SetsAutocommit SetsSystemVariable SetsGlobal
        set @a = 1 => Set UserVariableWrite
        set @a := 1, @b = @a => Set UserVariableWrite UserVariableRead
        set @a = @b := 3 => Set UserVariableWrite
        set @a = (select max(a) from t where b in (1, 2)), @c = f(1, 2) => Set UserVariableWrite CallsUnknownFunction
        set @a = get_lock('x', 1) => Set UserVariableWrite TakesNamedLock
        set @'a' = 1, @`b` = 2, @"c" = 3 => Set UserVariableWrite
        set transaction isolation level read committed => Set SetsNextTransaction
        set transaction read only, isolation level serializable => Set SetsNextTransaction
        set session transaction read write => Set SetsSystemVariable
        set local transaction isolation level repeatable read => Set SetsSystemVariable
        set global transaction read only => Set SetsGlobal
        set @@tx_isolation = 'SERIALIZABLE' => Set SetsNextTransaction
        set @@transaction_isolation = 'SERIALIZABLE' => Set SetsNextTransaction
        set @@session.transaction_isolation = 'SERIALIZABLE' => Set SetsSystemVariable
        set tx_isolation = 'SERIALIZABLE' => Set SetsSystemVariable
        set @@tx_read_only = 1, @@transaction_read_only = 1 => Set SetsNextTransaction
        set password = 'x' => Set SetsPassword ImplicitCommit
        set password for 'a'@'b' = 'x' => Set SetsPassword ImplicitCommit UserVariableRead
        set timestamp = 1, insert_id = 2, rand_seed1 = 3, rand_seed2 = 4 => Set SetsOneShot
        set @@session.sql_log_bin = 0 => Set SetsOneShot
        set gtid_next = 'automatic' => Set SetsOneShot
        set pseudo_thread_id = 7 => Set SetsOneShot
        set profiling = 1 => Set SetsOneShot
        set optimizer_trace = 'enabled=on' => Set SetsOneShot
        set last_insert_id = 7 => Set SetsLastInsertId
        set @@identity = 7 => Set SetsLastInsertId
        set session_track_gtids = own_gtid => Set SetsSessionTracking
        set session session_track_schema = 1, SESSION_TRACK_SYSTEM_VARIABLES = '*' => Set SetsSessionTracking
        set global hot.key_buffer_size = 1 => Set SetsGlobal
        set validate_password.policy = 0 => Set SetsSystemVariable
        set role r => Set SetsRole
        set role 'a', 'b'@'c' => Set SetsRole UserVariableRead
        set default role a to b => Set ImplicitCommit
        set x => Set SetsSystemVariable
        set => Set
        set x 1 => Set SetsSystemVariable Anything
        set 1 = 1 => Set Anything
        set (x) = 1 => Set Anything
        set session @a = 1 => Set Anything
        set @@x.y.z = 1 => Set SetsSystemVariable
        set sql_mode = 'ANSI'; select 'a' => Set *2 SetsSystemVariable
        set sql_mode = 'ANSI'; select "a" => Set *2 SetsSystemVariable Anything
        set sql_mode = 'ANSI'; select 'a\\' => Set *2 SetsSystemVariable Anything
        set @a = '"', sql_mode = "x"; select 1 => Set *2 UserVariableWrite SetsSystemVariable
        set names utf8; set time_zone = 'SYSTEM' => Set *2 SetsNames SetsSystemVariable
        set names utf8; select 'é' => Set *2 SetsNames Anything
        set names 'é'; select 1 => Set *2 SetsNames
        [9.7 8.4 5.7 5.6]
        set statement = 1 => Set SetsSystemVariable
        """;
}
