// Which .test files can be run against a server that is already there, and is not to be started again.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

// Beside a test: it wants a server with options of its own.
const optionFiles = ['.opt', '-master.opt', '-slave.opt', '-client.opt', '.cnf', '.combinations', '.sh', '-master.sh', '-slave.sh'];

// In a test itself: starts, stops or crashes servers, wants a second one or a debugging build, takes very long, or works on
// the tables with the server's accounts in such a way that no later test could log in.
const unfit = new RegExp([
  /have_debug|have_valgrind|big_test\.inc|not_as_root/,
  /restart_mysqld|shutdown_(mysqld|server)|start_mysqld|kill_mysqld|kill_and_restart|expect_crash|force_restart/,
  /exec \$MYSQLD\b|MYSQLD_(CMD|BOOTSTRAP|LAST_CMD)|mysql_upgrade|wait_until_disconnected/,
  /master-slave|rpl_init|group_replication|mysqlx/,
  /truncate (table )?mysql\.|(drop (table|view) (if exists )?|(rename|alter) table )mysql\.|switch_to_mysql_user/,
  /delete from mysql\.(user|global_priv) *;/,
].map(part => part.source).join('|'), 'i');

const unfitIncludes = [
  'restart_mysqld', 'shutdown_mysqld', 'kill_mysqld', 'start_mysqld', 'kill_and_restart_mysqld', 'restart_mysqld_no_echo',
  'expect_crash', 'wait_until_disconnected',
];
const unfitInclude = new RegExp(`^[ \\t]*(--)?[ \\t]*(shutdown_server|source +include/(${unfitIncludes.join('|')}))`, 'im');

const source = /^[ \t]*(?:--)?[ \t]*source +([^\s;]+)/gim;

/** A file and all that it takes in, as one text. */
function withIncludes(tests, file, seen = new Set()) {
  if (seen.has(file) || !existsSync(file)) return '';
  seen.add(file);
  const text = readFileSync(file, 'latin1');
  const included = [...text.matchAll(source)].map(([, name]) => {
    const found = [tests, dirname(file), join(tests, 'suite')].map(folder => normalize(join(folder, name))).find(existsSync);
    return found ? withIncludes(tests, found, seen) : '';
  });
  return [text, ...included].join('\n');
}

/** Why a test cannot be run here, or null. */
export function reasonNotToRun(tests, file, result) {
  if (optionFiles.some(suffix => existsSync(file.replace(/\.test$/, suffix)))) return 'needs options of its own';
  if (!existsSync(result)) return 'has no result file';
  if (unfit.test(readFileSync(file, 'latin1')) || unfitInclude.test(withIncludes(tests, file))) {
    return 'starts servers, or needs a debugging build';
  }
  return null;
}
