using Seawall.LabTests.Lab;

namespace Seawall.LabTests.Equivalence;

/// <summary>What is in each session's schema, and in the second one that it may go to.</summary>
internal static class Content
{
    private static readonly string[] s_tables =
    [
        "create table ~.t (id int primary key auto_increment, n int, s varchar(40), key (n)) engine=innodb",
        "create table ~.m (id int primary key auto_increment, n int, s varchar(20)) engine={plain}",
        "create table ~.u (id int primary key auto_increment, v decimal(8, 2) not null default 0, d datetime null, b varbinary(20)) engine=innodb",
        "create table ~.c (id int primary key auto_increment, t_id int, foreign key (t_id) references ~.t (id)) engine=innodb",
        "create view ~.w as select id, n from ~.t",
        "create table ~b.t (id int primary key auto_increment, n int, s varchar(40)) engine=innodb",
        "create procedure ~.p_rows(a int) begin select a, a + 1 as b; select id from t order by id limit 2; update t set n = a where id = 1; end",
        "create procedure ~.p_out(in a int, out b int, inout c int) begin set b = a + 1; set c = ifnull(c, 0) + a; select b; end",
        "create procedure ~.p_fails() begin select 'before'; insert into t (n) values (3); select * from no_such_table; end",
        "create procedure ~.p_makes() begin create temporary table tt1 (id int primary key auto_increment, n int, s varchar(9)); "
            + "insert into tt1 (n) values (7); end",
        "create procedure ~.p_sets(a int) begin set session group_concat_max_len = a; set @b = a; end",
        "create procedure ~.p_begins() begin start transaction; insert into t (n) values (8); end",
        "create procedure ~.p_warns() begin insert into t (n) values (4); signal sqlstate '01000' set message_text = 'mind', mysql_errno = 1000; end",
        "create function ~.twice(a int) returns int deterministic no sql return a * 2",
        "create function ~.counted(a int) returns int deterministic no sql begin set @a = 1 + (@a is not null); return a; end",
        "create function ~.inserts(a int) returns int modifies sql data begin insert into t (n) values (a); return last_insert_id(); end",
        "create trigger ~.u_t after insert on ~.u for each row insert into ~.t (n, s) values (new.id, 'trigger')",
    ];

    private static readonly string[] s_empty =
    [
        "unlock tables", "set foreign_key_checks = 0, sql_safe_updates = 0, sql_mode = '', lock_wait_timeout = 1, innodb_lock_wait_timeout = 1",
        "drop table if exists ~.x1, ~.x2, ~b.x1, ~b.x2", "drop view if exists ~.x3, ~b.x3", "delete from ~.c", "delete from ~.t", "delete from ~.m",
        "delete from ~.u", "delete from ~b.t",
    ];

    private static readonly string[] s_rows =
    [
        "insert into ~.t (id, n, s) values (1, 10, 'one'), (2, 20, '2nd'), (3, null, ''), (5, 50, null)",
        "insert into ~.m (id, n, s) values (1, 1, 'm'), (2, 5, '5m')",
        "insert into ~.c (id, t_id) values (1, 1)",
        "insert into ~b.t (id, n, s) values (1, 99, 'other')",
    ];

    /// <summary>
    /// An engine without transactions. MySQL 9.7 warns now and then, and not of each statement alike, when a transaction uses
    /// both.
    /// </summary>
    internal static string PlainEngine(LabKind kind) => kind == LabKind.MySql97 ? "InnoDB" : "MyISAM";

    /// <summary>Makes both schemas anew.</summary>
    internal static IEnumerable<string> New(string schema, LabKind kind) => Own(schema,
    [
        "drop database if exists ~", "drop database if exists ~b", "create database ~ character set utf8mb4", "create database ~b character set utf8mb4",
        .. s_tables.Select(text => text.Replace("{plain}", PlainEngine(kind), default)), .. s_rows,
    ]);

    /// <summary>
    /// Brings the content back, quickly. Numbers of AUTO_INCREMENT columns go on, on both sides alike; where the sides have
    /// differed, the schemas must be made anew.
    /// </summary>
    internal static IEnumerable<string> Again(string schema) => Own(schema, [.. s_empty, .. s_rows]);

    private static IEnumerable<string> Own(string schema, string[] texts) => texts.Select(text => text.Replace($"{Step.Own}", schema, default));
}
