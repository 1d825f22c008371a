using Xunit;

namespace Seawall.LabTests.Equivalence;

/// <summary>What is left out of the comparison is left out in every form, and nothing beside it.</summary>
public sealed class KnownDifferenceTests
{
    [Theory]
    [InlineData("6:5:EOF 0 Autocommit, NoIndexUsed", "6:5:EOF 0 Autocommit", true)]
    [InlineData("6:5:EOF 0 NoIndexUsed", "6:5:EOF 0 None", true)]
    [InlineData("6:5:EOF 0 NoIndexUsed, NoBackslashEscapes", "6:5:EOF 0 NoBackslashEscapes", true)]
    [InlineData("6:7:FE000022000000 \"...\"...\"", "6:7:FE000002000000 \".......\"", true)]
    [InlineData("6:7:FE000020000000", "6:7:FE000000000000", true)]
    [InlineData("6:30:OK 0 0 0 0 Autocommit, NoIndexUsed, SessionStateChanged '' Schema =x",
         "6:30:OK 0 0 0 0 Autocommit, SessionStateChanged '' Schema =x", true)]
    [InlineData("6:5:EOF 0 NoIndexUsed", "6:5:EOF 1 None", false)]
    [InlineData("6:5:EOF 0 Autocommit, NoIndexUsed", "6:5:EOF 0 None", false)]
    [InlineData("6:7:FE000022000000", "6:7:FE000003000000", false)]
    public void Whether_an_index_was_used_is_left_out_and_no_other_flag(string one, string other, bool areAlike) =>
        Assert.Equal(areAlike, KnownDifferences.WithoutIndexFlag(one) == KnownDifferences.WithoutIndexFlag(other));

    [Theory]
    [InlineData("1:63:FF56 \"Incorrect string value: '\\xFF' for column 's' at row 1\"",
         "1:63:FF57 \"Incorrect string value: '\\xFF' for column 's' at row 2\"", true)]
    [InlineData("1:63:FF56 \"Data too long for column 's' at row 9\"",
         "1:64:FF57 \"Data too long for column 's' at row 12\"", true)]
    [InlineData("1:63:FF56 \"Data too long for column 's' at row 1\"",
         "1:63:FF56 \"Data too long for column 'n' at row 1\"", false)]
    [InlineData("1:63:FF56 \"a.\"", "1:63:FF57 \"a.\"", false)]
    [InlineData("1:63:FF56 \"5 rows\"", "1:63:FF57 \"6 rows\"", false)]
    public void The_number_of_the_row_is_left_out_of_a_message_about_a_column(string one, string other, bool areAlike) =>
        Assert.Equal(areAlike, KnownDifferences.WithoutRow(one) == KnownDifferences.WithoutRow(other));

    [Theory]
    [InlineData("1:11:OK 0 1 5 0 Autocommit, SessionStateChanged '' TransactionCharacteristics =", "1:7:00010502000000 \".......\"", true)]
    [InlineData("1:30:OK 0 1 5 0 Autocommit, SessionStateChanged '' TransactionCharacteristics =, Schema =x",
         "1:27:OK 0 1 5 0 Autocommit, SessionStateChanged '' Schema =x", true)]
    [InlineData("1:11:OK 0 1 5 0 Autocommit, SessionStateChanged '' TransactionCharacteristics =", "1:7:00010602000000 \".......\"", false)]
    [InlineData("1:11:OK 0 1 5 0 Autocommit, SessionStateChanged '' TransactionCharacteristics =", "1:7:00010501000000 \".......\"", false)]
    [InlineData("1:30:OK 0 1 5 0 Autocommit, SessionStateChanged '' TransactionCharacteristics =START TRANSACTION;",
         "1:7:00010502000000 \".......\"", false)]
    public void That_a_transaction_has_no_characteristics_is_left_out(string one, string other, bool areAlike) =>
        Assert.Equal(areAlike, KnownDifferences.WithoutNoCharacteristics(one) == KnownDifferences.WithoutNoCharacteristics(other));

    [Theory]
    [InlineData("7:5:EOF Autocommit, NoBackslashEscapes", "7:5:EOF Autocommit")]
    [InlineData("7:5:EOF InTransaction, Autocommit, NoBackslashEscapes, InReadOnlyTransaction", "7:5:EOF InTransaction, Autocommit, InReadOnlyTransaction")]
    [InlineData("7:5:EOF 0 Autocommit, NoBackslashEscapes", "7:5:EOF 0 Autocommit, NoBackslashEscapes")]
    public void The_mode_of_a_hint_is_left_out_behind_columns_and_not_behind_rows(string there, string here) =>
        Assert.Equal(here, KnownDifferences.WithoutModeBehindColumns(there));

    [Theory]
    [InlineData("update ~.t set n = 21, s = x'00ff' where id > 1", true)]
    [InlineData("update t set s = ? where id < ?", true)]
    [InlineData("update t set n = 21 where id = 1", false)]
    [InlineData("insert into t (s) values ('where id > 1')", false)]
    public void A_range_is_where_a_server_may_read_it_or_all(string text, bool isOne) =>
        Assert.Equal(isOne, KnownDifferences.ChangesRange(text));

    [Theory]
    // Seeds 45083 and 46015: NOT NULL alone, and with the primary key that the server numbers.
    [InlineData("2:34:036465660000000C3F000B000000030100000000 \"..\"", "2:34:036465660000000C3F000B000000030342000000 \"B\"", true)]
    [InlineData("2:34:036465660000000C3F000B000000030100000000 \"..\"", "2:34:036465660000000C3F000B000000032100000000 \"!\"", false)]
    [InlineData("2:34:036465660000000C3F000B000000030100000000 \"..\"", "2:34:036465660000000C3F000B000000030180000000 \"..\"", false)]
    [InlineData("2:34:036465660000000C3F000B000000030100000000 \"..\"", "2:34:036465660000000C3F000B000000030100020000 \"..\"", false)]
    [InlineData("2:34:036465660000000C3F000B000000030100000000 \"..\"", "2:34:036465660000000C3F000B000000080100000000 \"..\"", false)]
    [InlineData("5:3:023031 \"01\"", "5:3:023033 \"03\"", false)]
    [InlineData("8:7:FE000002000000 \".......\"", "8:7:FE000022000000 \"...\"...\"", true)]
    [InlineData("8:7:FE000002000000 \".......\"", "8:7:FE000023000000 \"...#...\"", false)]
    public void Of_a_column_what_a_table_says_of_keys_is_left_out_and_nothing_else(string there, string here, bool areAlike) =>
        Assert.Equal(areAlike, ServerPlan.DifferByFlags([there, "6:1:05"], [here, "6:1:05"]));

    [Fact]
    public void Another_row_beside_another_flag_is_a_difference() => Assert.False(ServerPlan.DifferByFlags(
        ["2:34:036465660000000C3F000B000000030100000000 \"..\"", "4:2:0131 \".1\""],
        ["2:34:036465660000000C3F000B000000030342000000 \"B\"", "4:2:0132 \".2\""]));

    [Theory]
    [InlineData("select id from t order by id", true)]
    [InlineData("SELECT a.id from t a left join m b on a.id = b.id", true)]
    [InlineData("select id from t; select 1", false)]
    [InlineData("update t set n = 1", false)]
    [InlineData("call p_rows(1)", false)]
    public void Only_one_select_alone_is_explained(string text, bool canBe) => Assert.Equal(canBe, ServerPlan.CanExplain(Step.Query(text)));
}
