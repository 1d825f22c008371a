<?php
// A work-out with PHP's mysqli and PDO: php.php DRIVER HOST PORT USER PASSWORD SCHEMA. Prints `ok WHAT: ANSWER`.
[, $driver, $host, $port, $user, $password, $schema] = $argv;
function ok($what, $answer) { echo "ok $what: ", json_encode($answer, JSON_UNESCAPED_UNICODE), "\n"; }
$text = "żółć, Ω, 漢字, 😀, \\ ' \" %";
if ($driver === 'mysqli') {
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $open = function () use ($host, $port, $user, $password, $schema) {
        $one = new mysqli($host, $user, $password, $schema, $port);
        $one->set_charset('utf8mb4');
        return $one;
    };
    $all = array_map($open, range(1, 10));
    $main = $all[0];
    $main->query('create table ph (id int primary key auto_increment, n int, note varchar(100) unique) character set utf8mb4');
    foreach ($all as $i => $one) $one->query("set lock_wait_timeout = " . (1000 + $i) . ", sql_mode = 'ANSI_QUOTES'");
    foreach ($all as $i => $one) {
        $one->begin_transaction();
        $statement = $one->prepare('insert into ph (n, note) values (?, ?)');
        $note = "$i $text";
        $statement->bind_param('is', $i, $note);
        $statement->execute();
        ok("insert $i", [$one->affected_rows, $statement->insert_id === $one->insert_id]);
        $i % 2 ? $one->rollback() : $one->commit();
    }
    foreach ($all as $i => $one) ok("settings $i", $one->query('select @@lock_wait_timeout, @@sql_mode')->fetch_row());
    $statement = $main->prepare('select n, note from ph where n >= ? order by n');
    $low = 2;
    $statement->bind_param('i', $low);
    $statement->execute();
    ok('prepared', $statement->get_result()->fetch_all());
    $main->multi_query("select 1 as a; select 2 as b, 3 as c; do 1; select 'last' as d");
    $results = [];
    do {
        $result = $main->store_result();
        $results[] = $result ? $result->fetch_all() : $main->affected_rows;
    } while ($main->more_results() && $main->next_result());
    ok('several', $results);
    $main->query('create procedure ph_several(in a int) begin select a; select a + 1; end');
    $statement = $main->prepare('call ph_several(?)');
    $statement->bind_param('i', $low);
    $statement->execute();
    $results = [];
    do {
        if ($result = $statement->get_result()) $results[] = $result->fetch_all();
    } while ($statement->more_results() && $statement->next_result());
    ok('procedure', $results);
    foreach (['selec 1', 'select * from no_such_table', "insert into ph (note) values ('0 " . addslashes($text) . "')"] as $sql) {
        try {
            $main->query(str_replace('"', '\\"', $sql));
        } catch (mysqli_sql_exception $problem) {
            ok('error', [$problem->getCode(), $problem->getSqlState()]);
        }
    }
    $main->query("set sql_mode = ''");
    $main->query("insert into ph (n) values ('12x')");
    ok('warning', [$main->warning_count, $main->get_warnings()->errno]);
    $main->query('set @mine = 5');
    $main->change_user($user, $password, $schema);
    ok('after change_user', $main->query('select @mine, database()')->fetch_row());
    ok('unbuffered', iterator_count($all[1]->query('select a.id from ph a, ph b, ph c', MYSQLI_USE_RESULT)));
    ok('async', (function () use ($all) {
        foreach ([1, 2, 3] as $i) $all[$i]->query("select sleep(0.05), $i", MYSQLI_ASYNC);
        $rows = [];
        foreach ([1, 2, 3] as $i) $rows[] = $all[$i]->reap_async_query()->fetch_row();
        return $rows;
    })());
} else {
    $open = fn () => new PDO("mysql:host=$host;port=$port;dbname=$schema;charset=utf8mb4", $user, $password,
        [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_EMULATE_PREPARES => false]);
    $all = array_map($open, range(1, 10));
    $main = $all[0];
    $main->exec('create table pd (id int primary key auto_increment, n int, note varchar(100) unique) character set utf8mb4');
    foreach ($all as $i => $one) $one->exec('set time_zone = \'+0' . $i . ':00\'');
    foreach ($all as $i => $one) {
        $one->beginTransaction();
        $statement = $one->prepare('insert into pd (n, note) values (:n, :note)');
        $statement->execute(['n' => $i, 'note' => "$i $text"]);
        ok("insert $i", [$statement->rowCount(), $one->lastInsertId() > 0, $one->inTransaction()]);
        $i % 2 ? $one->rollBack() : $one->commit();
    }
    foreach ($all as $i => $one) ok("settings $i", $one->query('select @@time_zone')->fetchColumn());
    $statement = $main->prepare('select n, note from pd where n between ? and ? order by n');
    foreach ([[0, 4], [4, 8]] as $range) {
        $statement->execute($range);
        ok('prepared', $statement->fetchAll(PDO::FETCH_NUM));
    }
    $several = $main->prepare('select 1');
    $several->execute();
    ok('one', $several->fetchAll(PDO::FETCH_NUM));
    $main->exec('create procedure pd_several(in a int) begin select a; select a + 1; end');
    $call = $main->prepare('call pd_several(?)');
    $call->execute([5]);
    $results = [];
    do {
        if ($call->columnCount()) $results[] = $call->fetchAll(PDO::FETCH_NUM);
    } while ($call->nextRowset());
    ok('procedure', $results);
    foreach (['selec 1', 'select * from no_such_table'] as $sql) {
        try {
            $main->query($sql);
        } catch (PDOException $problem) {
            ok('error', array_slice($problem->errorInfo, 0, 2));
        }
    }
    $main->setAttribute(PDO::MYSQL_ATTR_USE_BUFFERED_QUERY, false);
    ok('unbuffered', count($main->query('select a.id from pd a, pd b, pd c')->fetchAll()));
}
