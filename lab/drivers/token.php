<?php
// Brings a token by a statement that is prepared on the server, and asks for it again: token.php PORT TOKEN
[, $port, $token] = $argv;
$pdo = new PDO("mysql:host=127.0.0.1;port=$port;charset=utf8mb4", 'app', 'app', [
    PDO::ATTR_EMULATE_PREPARES => false,
    PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
]);
$pdo->prepare('SET @seawall_min_gtid = ?')->execute([$token]);
$ask = $pdo->prepare('SELECT @@seawall_gtid');
$ask->execute();
echo $ask->fetchColumn(), "\n";
$read = $pdo->prepare('SELECT COUNT(*) FROM app.t WHERE id = ?');
$read->execute([1]);
echo $read->fetchColumn(), "\n";
$route = $pdo->prepare('SHOW LAST ROUTE');
$route->execute();
echo count($route->fetch(PDO::FETCH_ASSOC)), "\n";
