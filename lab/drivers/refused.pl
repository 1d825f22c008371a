# One connection that may reconnect by itself, asked until it is refused and then until it is answered again:
# perl refused.pl mysql|MariaDB PORT
# Prints `connected`, then `refused NUMBER SQLSTATE`, then one line of JSON.
use strict;
use warnings;
use DBI;

$| = 1;
my ($driver, $port) = @ARGV;
my %more = $driver eq 'mysql' ? (mysql_auto_reconnect => 1, mysql_server_prepare => 1)
    : (mariadb_auto_reconnect => 1, mariadb_server_prepare => 1);
my $main = DBI->connect("DBI:$driver:host=127.0.0.1;port=$port", 'seawall', 'seawall', { RaiseError => 1, PrintError => 0, %more });
$main->do("set time_zone = '+03:00'");
my $prepared = $main->prepare('select ? as n');
my $execute = sub { $prepared->execute(1); $prepared->fetchall_arrayref };
my $session = sub { join ' ', $main->selectrow_array('select connection_id(), @@time_zone') };
my $before = $session->();
$execute->();
print "connected\n";

my ($asked, $errors, $number, $state) = (0, 0);
my $until = sub {
    my $is_refused = shift;
    while (1) {
        my $is_ok = eval { $asked++ % 2 ? $execute->() : $main->selectrow_array('select 1'); 1 };
        if ($is_ok) { return unless $is_refused }
        else {
            $errors++;
            ($number, $state) = ($DBI::err, $DBI::state);
            return if $is_refused;
        }
        select undef, undef, undef, 0.02;
    }
};
$until->(1);
print "refused $number $state\n";
$until->(0);
printf "{\"same\":%s,\"errors\":%d,\"fatal\":%s}\n", $session->() eq $before ? 'true' : 'false', $errors, $main->{Active} ? 'false' : 'true';
