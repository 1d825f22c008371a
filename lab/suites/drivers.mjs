// Drivers and ORMs of other languages at a short piece of real work: many connections of their own at once, with settings,
// transactions that stay and that do not, prepared statements, batches, errors, several results, procedures, streams. A unit
// is a program in drivers/, which prints `ok WHAT: ANSWER` for each step; a test is such a line, its answer included.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, execute } from './world.mjs';

const folder = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, 'drivers');
const built = join(cacheFolder, 'suites', 'drivers');
const orms = join(cacheFolder, 'suites', 'orms');
const secondsMax = 300;
// What Debian's packages bring must be found by Debian's own interpreters.
const python = (file, ...words) => ({ program: '/usr/bin/python3', words: [join(folder, file), ...words] });
const node = name => ({ program: 'node', words: [join(folder, 'orms.mjs'), name], env: { SEAWALL_ORMS: orms } });
const dotnet = name => ({ program: 'dotnet', words: [join(built, 'dotnet', 'dotnet.dll'), name] });

const programs = {
  'python-pymysql': python('python.py', 'pymysql'),
  'python-mysqlclient': python('python.py', 'MySQLdb'),
  'python-sqlalchemy-pymysql': python('orm.py', 'pymysql'),
  'python-sqlalchemy-mysqlclient': python('orm.py', 'mysqldb'),
  'php-mysqli': { program: 'php', words: [join(folder, 'php.php'), 'mysqli'] },
  'php-pdo': { program: 'php', words: [join(folder, 'php.php'), 'pdo'] },
  'ruby-mysql2': { program: '/usr/bin/ruby', words: [join(folder, 'ruby.rb'), 'mysql2'] },
  'go-sql-driver': { program: join(built, 'gosql'), words: ['go'] },
  'java-mariadb': { program: 'java', words: ['-cp', '/usr/share/java/mariadb-java-client.jar', join(folder, 'WorkOut.java'), 'mariadb'] },
  'node-sequelize': node('sequelize'),
  'node-typeorm': node('typeorm'),
  'node-knex': node('knex'),
  'node-drizzle': node('drizzle'),
  'node-kysely': node('kysely'),
  'dotnet-mysql.data': dotnet('mysql.data'),
  'dotnet-mysqlconnector-dapper': dotnet('mysqlconnector'),
  'dotnet-efcore-pomelo': dotnet('efcore'),
};
const schema = 'workout';

export const drivers = {
  name: 'drivers',
  about: 'drivers and ORMs of Python, PHP, Ruby, Go, Java, Node and .NET at a short piece of work',
  servers: ['mariadb', 'mysql97', 'mysql56'],
  needs: () => ['drivers'],
  account: { user: 'seawall', password: 'seawall' },
  pool: 4,

  /** Builds those that are built, where nothing of this repository's own settings takes part. */
  async prepare() {
    mkdirSync(join(built, 'source'), { recursive: true });
    const go = await execute('go', ['build', '-o', join(built, 'gosql'), join(folder, 'gosql.go')], {
      secondsMax, env: { GOPATH: '/usr/share/gocode', GO111MODULE: 'off', GOFLAGS: '', GOCACHE: join(built, 'go') },
    });
    copyFileSync(join(folder, 'dotnet.cs'), join(built, 'source', 'dotnet.cs'));
    const net = await execute('dotnet', ['build', 'dotnet.cs', '-o', join(built, 'dotnet'), '-v', 'quiet', '-nologo'],
      { secondsMax, cwd: join(built, 'source') });
    for (const { status, output, errors } of [go, net]) if (status !== 0) console.log(`  building: ${output}${errors}`);
  },

  list: () => Object.keys(programs),

  async reset({ server }) {
    const admin = await server.connect();
    await admin.query(`drop database if exists ${schema}; create database ${schema} character set utf8mb4`);
    await admin.end();
  },

  async run(unit, _, { host, port, user, password }) {
    const { program, words, env } = programs[unit];
    const { status, output, errors, late } = await execute(program, [...words, host, port, user, password, schema], {
      secondsMax, env: { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', ...env },
    });
    const said = Buffer.from(output, 'latin1').toString('utf8');
    const results = [...said.matchAll(/^ok (.*)$/gm)].map(([, line], i) => ({ name: `${unit} ${i + 1} ${line}`, status: 'pass' }));
    const failed = late || status !== 0 || results.length === 0;
    const why = late ? `took longer than ${secondsMax} s` : errors.trim().split('\n').slice(-4).join(' ') || `status ${status}`;
    return [...results, { name: `${unit} (as a whole)`, status: failed ? 'fail' : 'pass', why: failed ? why : '', output: said + errors }];
  },
};
