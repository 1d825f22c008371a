<?php
// One connection, asked until it is refused and then until it is answered again: php refused.php mysqli|pdo PORT
// Prints `connected`, then `refused NUMBER SQLSTATE`, then one line of JSON.
[, $driver, $port] = $argv;
if ($driver === 'mysqli') {
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $main = new mysqli('127.0.0.1', 'seawall', 'seawall', '', (int)$port);
    $prepared = $main->prepare('select ? as n');
    $value = 1;
    $prepared->bind_param('i', $value);
    $execute = function () use ($prepared) { $prepared->execute(); $prepared->get_result()->fetch_all(); };
    $row = fn($sql) => $main->query($sql)->fetch_row();
    $error = fn($thrown) => [$thrown->getCode(), $thrown->getSqlState()];
    $main->query("set time_zone = '+03:00'");
} else {
    $main = new PDO("mysql:host=127.0.0.1;port=$port", 'seawall', 'seawall',
        [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_EMULATE_PREPARES => false]);
    $prepared = $main->prepare('select ? as n');
    $execute = function () use ($prepared) { $prepared->execute([1]); $prepared->fetchAll(); };
    $row = fn($sql) => $main->query($sql)->fetch(PDO::FETCH_NUM);
    $error = fn($thrown) => [$thrown->errorInfo[1], $thrown->errorInfo[0]];
    $main->exec("set time_zone = '+03:00'");
}
$before = $row('select connection_id(), @@time_zone');
$execute();
echo "connected\n";

$asked = $errors = 0;
$until = function ($isRefused) use (&$asked, &$errors, $execute, $row) {
    while (true) {
        try {
            $asked++ % 2 ? $execute() : $row('select 1');
            if (!$isRefused) return null;
        } catch (mysqli_sql_exception | PDOException $thrown) {
            $errors++;
            if ($isRefused) return $thrown;
        }
        usleep(20_000);
    }
};
[$number, $state] = $error($until(true));
echo "refused $number $state\n";
$until(false);
echo json_encode(['same' => $row('select connection_id(), @@time_zone') == $before, 'errors' => $errors, 'fatal' => false]), "\n";
