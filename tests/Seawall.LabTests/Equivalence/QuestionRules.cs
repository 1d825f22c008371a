namespace Seawall.LabTests.Equivalence;

/// <summary>What is asked after steps: all that a session remembers.</summary>
internal static class QuestionRules
{
    internal static readonly Rule[] All =
    [
        new(Topic.Questions, 4, "select [last_insert_id()|LAST_INSERT_ID ( )|@@last_insert_id|@@identity|last_insert_id(), 1]"),
        new(Topic.Questions, 3, "select [row_count()|ROW_COUNT(), 'x']"),
        new(Topic.Questions, 3, "select [found_rows()|found_rows() + 1]"),
        new(Topic.Questions, 5, "show [warnings|WARNINGS|warnings limit 1|errors|count(*) warnings|count(*) errors]"),
        new(Topic.Questions, 3, "select [@@warning_count|@@error_count|@@warning_count, @@error_count]"),
        new(Topic.Questions, 2, "select database()[|, user(), current_user()]"),
        new(Topic.Questions, 8, "select {values}"),
        new(Topic.Questions, 2, "select @@autocommit, @@sql_mode, @@time_zone, @@character_set_client, @@collation_connection"),
        new(Topic.Questions, 1, "select @@[session.|]tx_isolation, @@tx_read_only") { On = "m5" },
        new(Topic.Questions, 1, "select @@[session.|]transaction_isolation, @@transaction_read_only") { On = "9" },
        new(Topic.Questions, 1, "select @@in_transaction") { On = "m" },
        new(Topic.Questions, 1, "show [session |]variables like '[character\\_set\\_c%|collation\\_c%|sql\\_m%|auto\\_inc%|%isolation]'"),
        new(Topic.Questions, 2, "select @a, @b, @`c d`"),
        new(Topic.Questions, 2, "select count(*), sum(n), max(id) from t"),
        new(Topic.Questions, 2, "select * from [tt1|tt2|tt3|x1]"),
        new(Topic.Questions, 1, "select is_free_lock('~_x'), is_free_lock('~_y')"),
        new(Topic.Questions, 1, "select 1/3, 'a' \"b\", 1 = 1 || 0, charset('a'), collation('a'), dayname('2024-01-01')"),
        new(Topic.Questions, 1, "insert into t (n) values (last_insert_id())"),
        new(Topic.Questions, 1, "select group_concat(id order by id) from t"),
    ];
}
