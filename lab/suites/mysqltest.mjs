// The server's own suite: its .test files by its own client, mysqltest, one after another against a running server. Between
// two of them the server is put back as it was. Only the client speaks to the leg; what prepares and puts back does not.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Original } from './original.mjs';
import { execute } from './world.mjs';
import { mysql97 } from './mysql97.mjs';
import { reasonNotToRun } from './test-files.mjs';

// mysqltest's word for "this server cannot do what the test is about".
const skipped = 62;
const secondsMax = 120;

/** Where the tests of a kind are, and how its programs are called. */
function places(kind) {
  if (kind === 'mysql97') {
    const { command, tests, share } = mysql97('mysqltest');
    return {
      tests, main: 't', results: 'r', command, charsets: join(share, 'charsets'),
      programs: name => mysql97(name).command.join(' '),
    };
  }
  return {
    tests: '/usr/share/mysql/mysql-test', main: 'main', results: 'main', command: ['mysqltest'],
    charsets: '/usr/share/mysql/charsets', programs: name => name === 'mysqldump' ? 'mariadb-dump' : name === 'mysql' ? 'mariadb' : name,
  };
}

function filesOf(unit, kind) {
  const { tests, main, results } = places(kind);
  return { tests, file: join(tests, main, `${unit}.test`), result: join(tests, results, `${unit}.result`) };
}

let original;

export const mysqltest = {
  name: 'mysqltest',
  about: "the server's own suite (main), by mysqltest",
  servers: ['mariadb', 'mysql97'],
  needs: kind => [kind === 'mysql97' ? 'mysql97-tests' : 'mysqltest'],
  account: { user: 'root', password: '' },
  // Tests open a dozen sessions, and let them wait for each other with locks.
  pool: 20,
  serverEnvironment: { TZ: 'GMT-3' },

  /** What the result files were made with, where it can be seen in them. */
  serverOptions(kind, base) {
    const { tests } = places(kind);
    cpSync(join(tests, 'std_data'), join(base, 'std_data'), { recursive: true });
    for (const folder of ['tmp', 'log', 'run']) mkdirSync(join(base, folder));
    const both = [
      '--skip-name-resolve=0', `--secure-file-priv=${base}`, '--key-buffer-size=1M', '--sort-buffer-size=256K',
      '--max-heap-table-size=1M', '--max-connections=151', '--open-files-limit=1024', '--connect-timeout=60',
      '--performance-schema=ON', `--ssl-ca=${base}/std_data/cacert.pem`, `--ssl-cert=${base}/std_data/server-cert.pem`,
      `--ssl-key=${base}/std_data/server-key.pem`,
    ];
    if (kind === 'mysql97') return [...both, '--loose-mysqlx=OFF', '--explain-format=TRADITIONAL_STRICT', '--log-output=FILE'];
    return [
      ...both, '--character-set-server=latin1', '--collation-server=latin1_swedish_ci', '--default-storage-engine=myisam',
      '--gtid-strict-mode=OFF', '--use-stat-tables=preferably', '--histogram-type=json_hb', '--max-allowed-packet=16M',
      '--plugin-maturity=unknown', '--aria-pagecache-buffer-size=8M', '--binlog-direct-non-transactional-updates',
      '--disable-getopt-prefix-matching', '--slave-net-timeout=120',
    ];
  },

  async prepare({ kind, server }) {
    const { tests } = places(kind);
    const admin = `${places(kind).programs('mysql')} --no-defaults --force -uroot -S ${server.socket}`;
    const feed = async (schema, ...files) => {
      // Their delimiters may be followed by a `;`, which only their own runner understands.
      const script = `{ echo 'set sql_log_bin=0; set @had_db_table=0, @had_sys_table=0;'; sed 's/^delimiter \\(..\\);/delimiter \\1/' "$@"; }`;
      await execute('bash', ['-c', `${script} | ${admin} ${schema}`, 'bash', ...files.filter(existsSync)], { secondsMax });
    };
    const connection = await server.connect();
    await connection.query('set sql_log_bin=0; create database mtr; create database test');
    await connection.end();
    await feed('mtr', join(tests, 'include', 'mtr_warnings.sql'), join(tests, 'include', 'mtr_check.sql'));
    if (kind === 'mariadb') {
      await feed('mysql', '/usr/share/mysql/mysql_test_data_timezone.sql', '/usr/share/mysql/mysql_test_db.sql');
    }
    original = await Original.look(server, kind);
  },

  list({ kind }) {
    const { tests, main } = places(kind);
    return readdirSync(join(tests, main)).filter(file => file.endsWith('.test')).sort().map(file => basename(file, '.test'));
  },

  reasonNotToRun(unit, { kind }) {
    const { tests, file, result } = filesOf(unit, kind);
    return reasonNotToRun(tests, file, result);
  },

  reset: () => original.restore(),

  close: () => original?.close(),

  async run(unit, { kind, server, extra, seconds = secondsMax }, { name, host, port, socket, user }) {
    const { tests, command, charsets, programs } = places(kind);
    const { file, result } = filesOf(unit, kind);
    const base = server.base;
    const defaults = join(base, `${name}.cnf`);
    const client = `[client]\nhost=${host}\nport=${port}\nprotocol=tcp\nuser=${user}\nsocket=${socket}\n`;
    writeFileSync(defaults, kind === 'mysql97' ? client
      : `${client}[mysqltest]\nloose-skip-ssl\n${['mysql', 'mysqlshow', 'mysqlimport'].map(section =>
        `[${section}]\ndefault-character-set=latin1\n`).join('')}`);
    const called = program => `${programs(program)} --defaults-file=${defaults}`;
    const { status, output, errors, late } = await execute(command[0], [
      ...command.slice(1), `--defaults-file=${defaults}`, '--silent', `--tmpdir=${base}/tmp`, `--character-sets-dir=${charsets}`,
      `--logdir=${base}/log`, '--database=test', `--timer-file=${base}/log/timer`, `--test-file=${file}`, '--tail-lines=20',
      `--result-file=${result}`, ...extra,
    ], {
      cwd: tests, secondsMax: Number(seconds),
      env: {
        LC_ALL: 'C', TZ: 'GMT-3', HOME: join(base, 'tmp'), UMASK: '0660', UMASK_DIR: '0770', USE_RUNNING_SERVER: '1',
        MYSQL_TEST_DIR: tests, MYSQLTEST_VARDIR: base, MYSQLTEST_REAL_VARDIR: base, MYSQL_TMP_DIR: join(base, 'tmp'),
        MYSQL_SHAREDIR: join(charsets, '..'), MYSQL_CHARSETSDIR: charsets, CHARSETSDIR: charsets, MASTER_MYPORT: port,
        MASTER_MYSOCK: socket, SERVER_MYPORT_1: port, MYSQL_TEST_LOGIN_FILE: join(base, 'tmp', '.mylogin.cnf'),
        SECURE_LOAD_PATH: join(tests, 'std_data'), HAVE_BROKEN_DNS: '0', OPENSSL_ENABLE_SHA1_SIGNATURES: '1', REPLACE: 'replace',
        DEFAULT_MASTER_PORT: '3306', MASTER_EXTRA_PORT: '0', EXE_MYSQL: programs('mysql'), MYSQL: called('mysql'),
        MYSQL_DUMP: called('mysqldump'), MYSQL_SHOW: called('mysqlshow'), MYSQL_IMPORT: called('mysqlimport'),
        MYSQL_CHECK: called('mysqlcheck'), MYSQLADMIN: called('mysqladmin'), MYSQL_SLAP: called('mysqlslap'),
        MYSQL_TEST: called('mysqltest'), MYSQL_BINLOG: programs('mysqlbinlog'),
        MYSQL_MY_PRINT_DEFAULTS: programs('my_print_defaults'), MYSQL_CLIENT_TEST: called('mysql_client_test'),
      },
    });
    rmSync(result.replace(/\.result$/, '.reject'), { force: true });
    const said = output + errors;
    const what = late ? 'late' : status === 0 ? 'pass' : status === skipped ? 'skip' : 'fail';
    const why = late ? `took longer than ${seconds} s` : what === 'pass' ? ''
      : said.match(/mysqltest: .*|.*mismatch.*/)?.[0] ?? said.trim().slice(0, 200);
    return [{ name: unit, status: what, why, output: said }];
  },
};
