namespace Seawall.Tests.Statements;

/// <summary>Of comments, and of modes that read a text in another way.</summary>
internal static partial class Tables
{
    public const string Comments = """
        [9.7 8.4 5.7 5.6 maria]
        /*! select 1 */ => Select Harmless
        select 1 /*! , sleep(1) */ => Select Waits
        select 1 /*!, sleep(1) */ => Select Waits
        select 1 /*!1234 */ => Select Harmless
        select 1 /*!50000 , sleep(1) */ => Select Waits
        select 1 /*!50000, sleep(1)*/ => Select Waits
        select 1 /*!40101 , 2 */, sleep(1) => Select Waits
        /*!40101 SET NAMES utf8 */ => Set SetsNames
        /*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */; => Set UserVariableWrite SetsSystemVariable
        /*!40000 ALTER TABLE `t` DISABLE KEYS */; => Alter ImplicitCommit
        select 1 /*!99999 , sleep(1) */ => Select Harmless
        select 1 /*! , 2 /* sleep(1) */ , 3 */ => Select Harmless
        select 1 /*! , 2 => Select Anything
        select 1 /*! ; */ select 2 => Select *2 Anything
        select 1 /*! , 2 */ ; select 3 => Select *2 Harmless
        select 1 /*! /*! , 2 */ => Select Harmless
        select /*+ BKA(t) */ sleep(1) => Select Waits
        select /*+ SET_VAR(sql_mode = 'a') */ 1 => Select Harmless
        select /*+ SET_VAR(a = '*/ , sleep(1) -- ') */ 1 => Select Waits Anything
        select 1 /*+ don't */ => Select Harmless
        [9.7 8.4]
        select 1 /*!80000 , sleep(1) */ => Select Waits
        select 1 /*!080000 , sleep(1) */ => Select Waits
        select 1 /*!100000 , sleep(1) */ => Select Harmless
        select 1 /*!080000, sleep(1) */ => Select Waits Anything
        select 1 /*M! , sleep(1) */ => Select Harmless
        select 1 /*!99999 /* x */ , sleep(1) */ => Select Harmless
        [5.7 5.6]
        select 1 /*!80000 , sleep(1) */ => Select Harmless
        select 1 /*!050000 , sleep(1) */ => Select Waits
        select 1 /*M! , sleep(1) */ => Select Harmless
        [5.6]
        select 1 /*!50624 , sleep(1) */ => Select Waits
        select 1 /*!50625 , sleep(1) */ => Select Harmless
        [maria]
        select 1 /*M! , sleep(1) */ => Select Waits
        select 1 /*M!100000 , sleep(1) */ => Select Waits
        select 1 /*!100000 , sleep(1) */ => Select Waits
        select 1 /*!101119, sleep(1) */ => Select Waits
        select 1 /*!101120, sleep(1) */ => Select Harmless
        select 1 /*M!50700 , sleep(1) */ => Select Waits
        select 1 /*!50700 , sleep(1) */ => Select Harmless
        select 1 /*!80000 , sleep(1) */ => Select Harmless
        select 1 /*!50699 , sleep(1) */ => Select Waits
        select 1 /*!99997 , sleep(1) */ => Select Anything
        select 1 /*!!50000 , sleep(1) */ => Select Waits Anything
        [unknown]
        select 1 /* x */ => Select Harmless
        select 1 /*!50000 , 2 */ => Select Anything
        select 1 /*! , 2 */ => Select Harmless
        """;

    public const string Dialect = """
        [ansi]
        select "a; sleep(1)" => Select Harmless
        select "a\", sleep(1) => Select Waits
        select "f"(1) => Select CallsUnknownFunction
        select "a""b" => Select Harmless
        select @"a" := 1 => Select UserVariableWrite
        insert into "t" ("a") values (1) => Insert
        [plain]
        select 'a\', sleep(1) => Select Waits
        select 'a\'b' => Select Anything
        select "a\", sleep(1) => Select Waits
        [latin1]
        select caf\xe9 from t => Select Harmless
        select caf\xe9(1) => Select CallsUnknownFunction
        select 1\xa0, sleep(1) => Select Waits
        select 1 --\xa0'x => Select Anything
        \xa0select 1 => Other Anything
        select '\xe9' => Select Harmless
        [gbk big5 gb18030]
        select '\xc1\x5c', sleep(1) => Select Waits
        select '\xb1\x5c' => Select Harmless
        select '\xb1\x5c', sleep(1), '\xb1\x5c' => Select Waits
        select \xb1\x60 from t => Select Harmless
        select \xb1\x40 from t => Select Harmless
        select `\xb1\x60` => Select Harmless
        select '\xb1' => Select Harmless
        select '\\xb1\x5c' => Select Anything
        select @\xb1\xb2 => Select UserVariableRead Anything
        select \xb1 => Select Anything
        select \xff\xff => Select Anything
        [sjis]
        select '\x81\x5c', sleep(1), '\x81\x5c' => Select Waits
        select \xb1\xb2 => Select Harmless
        [gb18030]
        select \x81\x30\x81\x30 from t => Select Harmless
        select '\x81\x30\x81\x30', sleep(1) => Select Waits
        [swe7]
        select 1 => Select Anything
        [9.7]
        select '\xb1\x5c' => Select Anything
        select $$a'b$$, sleep(1) => Select Waits
        select $x$ $$ ' $x$, sleep(1) => Select Waits
        select $x$ => Select Anything
        select $x, sleep(1) => Select Waits
        select a$$b, sleep(1) => Select Waits
        create function f() returns int language javascript as $$ return 1; $$ => Create ImplicitCommit DefinesRoutine
        [8.4]
        select $$a$$ => Select Anything
        [5.6 maria]
        select $$, sleep(1) => Select Waits
        """;
}
