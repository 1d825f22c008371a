using System.Text;
using CsCheck;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Decisions;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;
using Seawall.Tests.Statements;
using Xunit;

namespace Seawall.Tests.Reads;

/// <summary>Which statements a replica may answer, by their text and by their session.</summary>
public sealed class PlacementTests
{
    // Text, and why it stays; nothing behind the arrow: a replica may answer it. For MariaDB unless it begins with a dialect.
    private const string Cases = """
        SELECT 1 =>
        select a, b from t where id = 7 =>
        SELECT * FROM shop.orders AS o JOIN items i ON o.id = i.`order` WHERE o.total > 10 ORDER BY 1 LIMIT 10 OFFSET 5 =>
        (select 1) union all (select 2) =>
        with recursive c(n) as (select 1 union all select n + 1 from c where n < 5) select * from c =>
        values (1), (2) =>
        9.7: table t =>
        select count(*), max(version), upper(name) from t group by sys_id having count(*) > 1 =>
        select version from t =>
        select 'for update', "into", `nextval` from t =>
        select /* for update */ a from t -- lock in share mode =>
        select sql_no_cache a from t =>
        select high_priority a from t =>
        select /*+ MAX_EXECUTION_TIME(1000) */ a from t =>
        select now(), curdate(), rand(), uuid(), database(), user(), current_user() =>
        select a from t for system_time as of '2026-01-01' =>
        select a from t partition (p0) =>
        select json_extract(a, '$.b'), row_number() over (order by a) from t =>
        9.7: select a->'$.b' from t =>
        select (select max(b) from u where u.a = t.a) from t where exists (select 1 from v) =>
        explain select a from t =>
        desc t =>
        describe t a =>
        show tables =>
        show full tables from shop like 'o%' =>
        show columns from t =>
        show full fields from t =>
        show databases =>
        select a from t;  =>
        select a from t procedure analyse() =>
        select a from t where match (a) against ('x') =>
        select a from t where match (a, b) against ('x' in boolean mode) =>
        select a from t where a like 'x' escape ('!') =>
        select a from json_table('[1]', '$[*]' columns (a int path '$', nested path '$.b' columns (b int path '$'))) x =>
        select a from t, json_table('[1]', '$[*]' columns (a int path '$')) x order by 1 =>
        select a from t left join json_table(t.b, '$[*]' columns (a int path '$')) x on 1 join u on 1, json_table('[1]', '$' columns (c int path '$')) y =>
        with c as (select 1 from json_table('[1]', '$[*]' columns (a int path '$')) x) select json_table, abs(1) from c =>
        9.7: select a from t where 1 member of (b) =>
        9.7: select a from t, lateral (select 1) x =>
        9.7: select sum(a) over (order by b) from t window w as (order by a) =>
        (select 1) except (select 2) =>
        9.7: (select 1) intersect (select 2) =>
        9.7: select default(a) from t =>

        select a from t for update => Locks
        select a from t where b = 1 for update nowait => Locks
        select a from t lock in share mode => Locks
        9.7: select a from t for share => Locks
        9.7: select a from t for update of t skip locked => Locks
        (select a from t for update) union (select 1) => Locks
        select a from (select b from u for update) x => Locks
        select a /*!50000 for update */ from t => Locks
        select a from t /*! for update */ => Locks
        select a from t /*M! for update */ => Locks
        select a into @x from t => UserVariable
        select a into outfile '/tmp/x' from t => Into
        select a into dumpfile '/tmp/x' from t => Into
        select a from t into x => Into
        select @a => UserVariable
        select @a := 1 => UserVariable
        select a, @rank := @rank + 1 from t => UserVariable
        select get_lock('a', 1) => NamedLock
        select release_lock('a') => NamedLock
        9.7: select release_all_locks() => NamedLock
        select is_used_lock('a') => Connection
        select is_free_lock('a') => Server
        select sleep(1) => NamedLock
        select benchmark(10, md5(1)) => NamedLock
        select master_gtid_wait('0-1-1', 1) => NamedLock
        select my_function(a) from t => Function
        select shop.price(1) => Function
        select `upper`('a') => Function
        select a from t where f(b) => Function
        select st_what(1) => Function
        9.7: select nextval(s) => Function
        select default(a) from t => Sequence
        select a from t where b = default (b) => Sequence
        select against() => Function
        select 1, escape(1) => Function
        select columns(1) => Function
        select a from t where view() => Function
        select after(a), until (b) from t => Function
        select lateral() => Function
        select cube(1), rollup(2) => Function
        select member(1) => Function
        select of(1) => Function
        select 1 + sql_cache() => Function
        select 1 + sql_no_cache() => Function
        9.7: select sql_cache() => Function
        9.7: select minus() => Function
        select 'a', against() => Function
        select 'a' and against() => Function
        select concat ('a', lower ('B')), left ('a', 1) from t =>
        select count (a) from t => Function
        select count/**/(a) from t => Function
        select sum(a), now /* now */ () from t => Function
        9.7: select rank () over (order by a) from t =>
        select rank () over (order by a) from t => Function
        select json_table() => Function
        select 1, json_table(1) from t => Function
        select a from t where json_table(a) => Function
        select a from t order by 1, json_table(a) => Function
        select a from t group by 1, json_table(a) => Function
        select a from t join u on json_table(a) => Function
        select (select 1 from t), json_table(1) => Function
        select trim('a' from json_table(1)) from t => Function
        select extract(year from json_table (1)) => Function
        select a from t for system_time from json_table(1) to now() => Function
        (select a from t) union (select a from t) order by 1, json_table(1) => Function
        select nextval(s) => Sequence
        select next value for s => Sequence
        select previous value for s => Sequence
        select lastval(s) => Sequence
        select setval(s, 10) => Sequence
        select last_insert_id() => PreviousStatement
        select @@identity => PreviousStatement
        select last_insert_id(5) => PreviousStatement
        select found_rows() => PreviousStatement
        select row_count() => PreviousStatement
        select @@warning_count => PreviousStatement
        show warnings => PreviousStatement
        show errors limit 1 => PreviousStatement
        show count(*) warnings => PreviousStatement
        select @@last_gtid => PreviousStatement
        select sql_calc_found_rows a from t limit 1 => CountsRows
        select connection_id() => Connection
        select @@pseudo_thread_id => Connection
        show status => Connection
        show session status like 'x' => Connection
        show profile => Connection
        explain for connection 5 => Connection
        show explain for 5 => Connection
        select @@server_id => Server
        select @@hostname => Server
        select @@global.read_only => Server
        select @@session.sql_mode => Server
        select a from t where b = @@version_comment => Server
        select @@gtid_slave_pos => Server
        select version() => Server
        select VERSION () => Server
        select uuid_short() => Server
        select load_file('/etc/hostname') => Server
        select binlog_gtid_pos('a', 4) => Server
        select * from information_schema.tables => Server
        select * from INFORMATION_SCHEMA.PROCESSLIST => Server
        select * from `information_schema`.`tables` => Server
        select * from performance_schema.threads => Server
        select * from mysql.user => Server
        select * from `mysql`.general_log => Server
        9.7: select * from sys.schema_table_statistics => Server
        select 1 from t where exists (select 1 from information_schema.processlist) => Server
        show variables => Server
        show global variables like 'x' => Server
        show processlist => Server
        show full processlist => Server
        show master status => Server
        show slave status => Server
        show engine innodb status => Server
        show binary logs => Server
        show grants => Server
        show create table t => Server
        show index from t => Server
        show table status => Server
        show plugins => Server
        show tables from information_schema => Server
        show columns from mysql.user => Server
        select * from information_schema.profiling => Connection

        insert into t values (1) => Writes
        insert into t select 1 => Writes
        replace into t values (1) => Writes
        update t set a = 1 => Writes
        delete from t => Writes
        with c as (select 1 a) update t set a = 1 => Writes
        9.7: with c as (select 1 a) delete from t => Writes
        insert into t values (1) returning a => Writes
        explain analyze update t set a = 1 => Writes
        explain update t set a = 1 => Writes
        explain format=json delete from t => Writes
        desc insert into t values (1) => Writes
        explain replace into t values (1) => Writes
        9.7: explain with c as (select 1) update t set a = 1 => Writes
        9.7: explain with c as (select 1) delete from t => Writes
        analyze update t set a = 1 => Writes
        analyze select a from t => Writes
        analyze table t => Writes
        check table t => Writes
        optimize table t => Writes
        truncate t => Writes
        create table t (a int) => Writes
        create temporary table t (a int) => Writes
        drop temporary table t => Writes
        drop table t => Writes
        rename table t to u => Writes
        alter table t add b int => Writes
        call p() => Writes
        do 1 => Writes
        do sleep(1) => NamedLock
        do release_lock('a') => NamedLock
        handler t open => Writes
        handler t read first => Writes
        load data infile 'x' into table t => Writes
        lock tables t read => Writes
        flush tables => Writes
        grant select on *.* to a => Writes
        kill 5 => Writes
        help 'x' => Writes
        execute p => Writes
        execute immediate 'select 1' => Writes
        prepare p from 'select 1' => Writes
        xa start 'a' => Writes
        begin not atomic select 1; end => Writes
        select 'open => Writes
        select /* open => Writes
        selekt 1 => Writes
        select 1; select 2 => Several
        select 1; insert into t values (1) => Several
        begin; select 1 => Several
        begin => Session
        start transaction => Session
        start transaction read only => Session
        commit => Session
        rollback => Session
        savepoint a => Session
        set names utf8mb4 => Session
        set sql_mode = '' => Session
        set @a = 1 => UserVariable
        use shop => Session
        set statement max_statement_time = 1 for select a from t => Into
         => Session
        """;

    public static TheoryData<string, string, string> Lines()
    {
        var lines = new TheoryData<string, string, string>();
        foreach (var line in Cases.Split('\n'))
        {
            var arrow = line.LastIndexOf("=>", StringComparison.Ordinal);
            if (arrow < 0)
                continue;
            var sql = line[..arrow].Trim(' ');
            var dialect = sql.StartsWith("9.7:", StringComparison.Ordinal) ? "9.7" : "maria";
            lines.Add(dialect, dialect == "9.7" ? sql[4..] : sql, line[(arrow + 2)..].Trim());
        }
        return lines;
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_text_says_why_it_stays_at_the_primary(string dialect, string sql, string reason)
    {
        var expected = reason.Length == 0 ? PlaceReason.None : Enum.Parse<PlaceReason>(reason);
        Assert.Equal(expected, Placement.OfText(CommandKind.Query, Dialects.Read(sql, Dialects.Named(dialect))));
        // A statement that is prepared has the same rules.
        Assert.Equal(expected, Placement.OfText(CommandKind.StatementExecute, Dialects.Read(sql, Dialects.Named(dialect))));
    }

    [Theory]
    [InlineData(CommandKind.StatementPrepare)]
    [InlineData(CommandKind.StatementBulkExecute)]
    [InlineData(CommandKind.StatementFetch)]
    [InlineData(CommandKind.InitDb)]
    [InlineData(CommandKind.FieldList)]
    [InlineData(CommandKind.Statistics)]
    public void Other_commands_are_no_reads(CommandKind kind) =>
        Assert.Equal(PlaceReason.Command, Placement.OfText(kind, Dialects.Read("select 1", Dialects.MariaDb)));

    [Fact]
    public void A_session_binds_its_statements()
    {
        var free = new BindingState(InTransaction: false, Autocommit: true, PinReasons.None, KeepsFacts: false, "shop");
        Assert.Equal(PlaceReason.None, Placement.OfSession(free));
        Assert.Equal(PlaceReason.None, Placement.OfSession(free with { Schema = null }));
        Assert.Equal(PlaceReason.None, Placement.OfSession(free with { Pins = PinReasons.Diagnostics | PinReasons.FoundRows }));
        Assert.Equal(PlaceReason.Transaction, Placement.OfSession(free with { InTransaction = true }));
        Assert.Equal(PlaceReason.Transaction, Placement.OfSession(free with { Autocommit = false }));
        Assert.Equal(PlaceReason.KeepsFacts, Placement.OfSession(free with { KeepsFacts = true }));
        foreach (var schema in (string[])["mysql", "Information_Schema", "PERFORMANCE_SCHEMA", "sys"])
            Assert.Equal(PlaceReason.Server, Placement.OfSession(free with { Schema = schema }));
        foreach (var pin in Enum.GetValues<PinReasons>().Where(pin => pin != PinReasons.None && (pin & PinReasons.Soft) == 0))
            Assert.Equal(PlaceReason.Pinned, Placement.OfSession(free with { Pins = pin }));
    }

    [Theory]
    [InlineData("show warnings", true)]
    [InlineData("select found_rows()", true)]
    [InlineData("select last_insert_id(), row_count()", true)]
    [InlineData("select found_rows(), @a", false)]
    [InlineData("select found_rows() from t", false)]
    [InlineData("insert into t values (row_count())", false)]
    [InlineData("select 1", false)]
    [InlineData("select found_rows(); select 1", false)]
    public void Only_a_question_goes_where_the_statement_before_ran(string sql, bool expected) =>
        Assert.Equal(expected, Placement.OnlyAsksBack(Dialects.Read(sql, Dialects.MariaDb)));

    // Whatever is put together, what makes one piece stay makes the whole stay.
    [Fact]
    public void Nothing_that_stays_is_hidden_by_what_may_go()
    {
        string[] dangers =
        [
            "f(1)", "@a", "@a := 1", "get_lock('a', 0)", "sleep(0)", "last_insert_id()", "found_rows()", "connection_id()",
            "@@server_id", "nextval(s)", "(select 1 from t for update)", "(select 1 from mysql.user)", "version()",
        ];
        string[] plain = ["1", "a", "'x'", "upper(a)", "count(*)", "(select 1)", "case when a then b end", "a in (1, 2)", "\"f(1)\""];
        Gen.Select(Gen.Int[0, dangers.Length - 1], Gen.Int[0, plain.Length - 1].Array[0, 5], Gen.Int[0, 5], Gen.Bool)
            .Sample((danger, others, at, isSelect) =>
            {
                var parts = others.Select(other => plain[other]).ToList();
                parts.Insert(Math.Min(at, parts.Count), dangers[danger]);
                var sql = isSelect ? $"select {string.Join(", ", parts)} from t" : $"select 1 from t where {string.Join(" and ", parts)}";
                return Placement.OfText(CommandKind.Query, Dialects.Read(sql, Dialects.MariaDb)) != PlaceReason.None;
            });
    }

    [Fact]
    public void No_bytes_that_are_not_understood_may_go() =>
        Gen.Byte.Array[0, 60].Sample(bytes =>
        {
            var facts = StatementLexer.Read(bytes, Dialects.MariaDb);
            return Placement.OfText(CommandKind.Query, facts) != PlaceReason.None
                || (facts.Kind is StatementKind.Select or StatementKind.With or StatementKind.Values or StatementKind.Table
                    or StatementKind.Show or StatementKind.Describe or StatementKind.Explain && !facts.MayDoAnything);
        });

    [Fact]
    public void A_cut_text_says_the_same() =>
        Gen.Int[0, Cases.Length - 1].Sample(cut =>
        {
            var line = Cases.Split('\n')[cut % Cases.Split('\n').Length];
            var bytes = Encoding.UTF8.GetBytes(line);
            var whole = StatementLexer.Read(bytes, Dialects.MariaDb);
            return Dialects.ReadInPieces(bytes, Dialects.MariaDb, bytes.Length / 2) == whole;
        });

    [Theory]
    [InlineData("start transaction read only", true)]
    [InlineData("start transaction with consistent snapshot, read only", true)]
    [InlineData("start transaction read write", false)]
    [InlineData("start transaction", false)]
    [InlineData("begin", false)]
    public void A_transaction_says_that_it_only_reads(string sql, bool expected) =>
        Assert.Equal(expected, Dialects.Read(sql, Dialects.MariaDb).Hints.HasFlag(StatementHints.BeginsReadOnly));
}
