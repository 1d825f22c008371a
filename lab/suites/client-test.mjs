// mysql_client_test, the program with which the server's authors test its C API and its prepared statements. A unit is
// one of its tests, run in a process of its own.
import { mkdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Original } from './original.mjs';
import { execute } from './world.mjs';
import { mysql97 } from './mysql97.mjs';

const secondsMax = 120;

let original;

function program(kind) {
  if (kind === 'mysql97') {
    const { command, tests } = mysql97('mysql_client_test');
    return { words: [...command, '--no-defaults'], basedir: tests };
  }
  return {
    words: ['mysql_client_test', '--no-defaults', '--plugin-dir=/usr/lib/x86_64-linux-gnu/libmariadb3/plugin'],
    basedir: '/usr/share/mysql/mysql-test',
  };
}

export const clientTest = {
  name: 'client-test',
  about: "mysql_client_test: the server's tests of its C API and of prepared statements",
  servers: ['mariadb', 'mysql97'],
  needs: kind => [kind === 'mysql97' ? 'mysql97-tests' : 'client-test'],
  account: { user: 'seawall', password: 'seawall' },
  pool: 3,

  async prepare({ server, folder }) {
    mkdirSync(join(folder, 'var', 'log'), { recursive: true });
    const admin = await server.connect();
    await admin.query('create database if not exists test');
    await admin.end();
    original = await Original.look(server, server.kind);
  },

  list({ kind }) {
    const { words } = program(kind);
    const { stdout } = spawnSync(words[0], [...words.slice(1), '-T'], { encoding: 'utf8' });
    return [...stdout.matchAll(/^\s*([a-z]\w+)$/gm)].map(([, name]) => name);
  },

  /** What a test left behind, most of all one that failed, must not fail the next. */
  reset: () => original.restore(),

  async run(unit, { kind, folder }, { host, port, user, password }) {
    const { words, basedir } = program(kind);
    const { status, output, errors, late } = await execute(words[0], [...words.slice(1), `-h${host}`, `-P${port}`, `-u${user}`,
      `-p${password}`, `--vardir=${join(folder, 'var')}`, `--basedir=${basedir}`, unit],
    { secondsMax, env: { MYSQL_TEST_DIR: basedir, MYSQL_TMP_DIR: join(folder, 'var') } });
    const said = output + errors;
    const what = late || status !== 0 ? 'fail' : /skipping/i.test(said) ? 'skip' : 'pass';
    const why = late ? `took longer than ${secondsMax} s` : (said.match(/.*(\]\[|check failed).*/g) ?? []).join('; ');
    return [{ name: unit, status: what, why, output: said }];
  },
};
