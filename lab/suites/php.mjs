// PHP's own tests of mysqli and PDO, both on mysqlnd, with Debian's PHP. A unit is a file, and so is a test.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, execute } from './world.mjs';

const extensions = ['mysqli', 'pdo_mysql'];
const secondsMax = 120;

function source() {
  const suites = join(cacheFolder, 'suites');
  const home = join(suites, readdirSync(suites).find(name => /^php\d+\.\d+$/.test(name)));
  return join(home, readdirSync(home).find(name => name.startsWith('php-')));
}

export const php = {
  name: 'php',
  about: "the tests of PHP's mysqli and PDO",
  servers: ['mariadb', 'mysql97', 'mysql56'],
  needs: () => ['php'],
  account: { user: 'seawall', password: 'seawall' },
  // On MySQL 9 three sessions of mysqli_poll_mixing_insert_select keep a connection each: what they set or call cannot be moved.
  pool: 4,

  async prepare({ server }) {
    const admin = await server.connect();
    await admin.query('create database if not exists test');
    await admin.end();
  },

  list: () => extensions.flatMap(extension => readdirSync(join(source(), 'ext', extension, 'tests'))
    .filter(file => file.endsWith('.phpt')).sort().map(file => `${extension}/${file.slice(0, -5)}`)),

  async run(unit, { server }, { host, port, socket, user, password }) {
    const [extension, file] = unit.split('/');
    const words = join(server.base, 'php.results');
    const test = join('ext', extension, 'tests', `${file}.phpt`);
    rmSync(words, { force: true });
    const env = {
      MYSQL_TEST_HOST: host, MYSQL_TEST_PORT: port, MYSQL_TEST_USER: user, MYSQL_TEST_PASSWD: password, MYSQL_TEST_DB: 'test',
      MYSQL_TEST_SOCKET: socket, MYSQL_TEST_ENGINE: 'InnoDB', MYSQL_TEST_SKIP_CONNECT_FAILURE: '0',
      PDO_MYSQL_TEST_DSN: `mysql:host=${host};port=${port};dbname=test`, PDO_MYSQL_TEST_HOST: host, PDO_MYSQL_TEST_PORT: port,
      PDO_MYSQL_TEST_SOCKET: socket, PDO_MYSQL_TEST_DB: 'test', PDO_MYSQL_TEST_USER: user, PDO_MYSQL_TEST_PASS: password,
      PDO_MYSQL_TEST_CHARSET: 'utf8mb4', PDO_MYSQL_TEST_ENGINE: 'InnoDB', NO_INTERACTION: '1', SKIP_SLOW_TESTS: '1',
      TEST_PHP_EXECUTABLE: '/usr/bin/php',
    };
    const { output, errors, late } = await execute('php',
      ['run-tests.php', '-q', '-P', '--set-timeout', '60', '-d', 'mysqli.allow_local_infile=1', '-W', words, test],
      { cwd: source(), secondsMax, env });
    let word = '';
    try {
      word = readFileSync(words, 'utf8').split(/[\t :]/)[0];
    } catch {
      // It wrote none: it was killed, or never began.
    }
    const status = word === 'PASSED' ? 'pass' : word === 'SKIPPED' || word === 'XFAILED' ? 'skip' : 'fail';
    const path = join(source(), test.slice(0, -5));
    const left = suffix => {
      try {
        return readFileSync(`${path}.${suffix}`, 'utf8');
      } catch {
        return '';
      }
    };
    const difference = status === 'fail' ? left('diff') : '';
    const why = late ? `took longer than ${secondsMax} s` : difference.split('\n').find(line => /^\d+[+-]/.test(line)) ?? word;
    return [{ name: unit, status, why, output: `${output}${errors}\n${difference}` }];
  },
};
