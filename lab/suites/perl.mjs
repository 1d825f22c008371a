// The Perl drivers' own tests, with Debian's drivers. A unit is a file, a test is one of the lines that it prints.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, execute } from './world.mjs';

const drivers = { mysql: 'libdbd-mysql-perl', MariaDB: 'libdbd-mariadb-perl' };
const schema = 'dbdtest';
// Those of the package as such: its list of files, its documentation, its version in CPAN.
const notOfTheDriver = /manifest|pod|^version\.t$/;
// More than the slowest takes on a busy machine.
const secondsMax = 180;

const folderOf = driver => {
  const home = join(cacheFolder, 'suites', drivers[driver]);
  return join(home, readdirSync(home).find(name => name.startsWith('DBD-')));
};

function readTap(file, text) {
  const results = [];
  for (const line of text.split('\n')) {
    const plan = /^1\.\.0\b(.*)/.exec(line);
    if (plan) results.push({ name: `${file} (all)`, status: 'skip', why: plan[1] });
    const [, not, name] = /^(not )?ok (\d+.*)/.exec(line) ?? [];
    if (!name || / # TODO/.test(line)) continue;
    // Addresses and numbers of connections differ from run to run, and so would the name; and a test that takes either of
    // the two errors of a lost connection names the one that it got.
    const steady = name.replace(/0x[0-9a-f]+/g, '0x').replace(/\b\d{2,}\b/g, 'N').replace(/ # skip.*/, '')
      .replace(/CR_SERVER_(GONE_ERROR|LOST)\b/, 'CR_SERVER_GONE_ERROR or CR_SERVER_LOST');
    results.push({ name: `${file} ${steady}`, status: / # skip/i.test(name) ? 'skip' : not ? 'fail' : 'pass' });
  }
  return results;
}

export const perl = {
  name: 'perl',
  about: "the tests of Perl's DBD::mysql and DBD::MariaDB",
  servers: ['mariadb', 'mysql97', 'mysql56'],
  needs: () => ['perl'],
  account: { user: 'seawall', password: 'seawall' },
  pool: 3,

  async prepare({ server }) {
    const admin = await server.connect();
    await admin.query(`create database ${schema} character set utf8mb4 collate utf8mb4_unicode_ci; create database if not exists test`);
    await admin.end();
  },

  list: () => Object.keys(drivers).flatMap(driver => readdirSync(join(folderOf(driver), 't'))
    .filter(file => file.endsWith('.t') && !notOfTheDriver.test(file)).sort().map(file => `${driver}/${file}`)),

  async run(unit, { folder }, { name: leg, host, port, user, password }) {
    const [driver, file] = unit.split('/');
    const source = folderOf(driver);
    const dsn = `DBI:${driver}:database=${schema};host=${host};port=${port}${driver === 'mysql' ? ';mysql_local_infile=1' : ''}`;
    // What their Makefile.PL would write for `make test`.
    const settings = { host, port, user, password, db: schema, dsn, socket: '' };
    writeFileSync(join(source, 't', `${driver}.mtest`),
      `${Object.entries(settings).map(([key, value]) => `$::test_${key} = '${value}';`).join('\n')}\n1;\n`);
    mkdirSync(join(folder, leg), { recursive: true });
    const { status, output, errors, late } = await execute('perl', ['-I.', `t/${file}`], {
      cwd: source, secondsMax, env: { DBI_DSN: dsn, DBI_USER: user, DBI_PASS: password, PERL_HASH_SEED: '0', PERL_PERTURB_KEYS: '0' },
    });
    const results = readTap(unit, output);
    const problem = late ? `took longer than ${secondsMax} s` : status !== 0 ? `ended with status ${status}` : null;
    const why = errors.split('\n').find(line => / failed: |Failed test/.test(line)) ?? errors.trim().split('\n')[0];
    for (const one of results) if (one.status === 'fail') one.why = why;
    const all = { name: `${unit} (as a whole)`, status: problem ? 'fail' : 'pass', why: problem && `${problem}: ${why}` };
    return [...results, { ...all, output: output + errors }];
  },
};
