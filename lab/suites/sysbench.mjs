// sysbench: every script that it brings, as text and prepared. A unit is a script in one of the two.
import { execute } from './world.mjs';

const scripts = [
  'oltp_point_select', 'oltp_read_only', 'oltp_read_write', 'oltp_write_only', 'oltp_insert', 'oltp_delete', 'oltp_update_index',
  'oltp_update_non_index', 'select_random_points', 'select_random_ranges', 'bulk_insert',
];
const threads = 8;
const secondsMax = 240;

export const sysbench = {
  name: 'sysbench',
  about: 'every oltp script of sysbench, as text and prepared, without a reconnect and an error but deadlocks',
  servers: ['mariadb', 'mysql97', 'mysql56'],
  needs: () => ['sysbench'],
  account: { user: 'seawall', password: 'seawall' },
  pool: 4,

  list: () => scripts.flatMap(script => ['text', 'prepared'].map(mode => `${script}/${mode}`)),

  async reset({ server }) {
    const admin = await server.connect();
    await admin.query('drop database if exists sbtest; create database sbtest');
    await admin.end();
  },

  async run(unit, _, { host, port, user, password }) {
    const [script, mode] = unit.split('/');
    const tables = script === 'bulk_insert' ? [] : [`--tables=${script.startsWith('oltp') ? 4 : 1}`, '--table-size=5000'];
    const words = [script, '--db-driver=mysql', `--mysql-host=${host}`, `--mysql-port=${port}`, `--mysql-user=${user}`,
      `--mysql-password=${password}`, '--mysql-db=sbtest', `--threads=${threads}`, '--time=5', '--report-interval=0',
      `--db-ps-mode=${mode === 'text' ? 'disable' : 'auto'}`, ...tables];
    let said = '', why = '';
    for (const step of ['prepare', 'run', 'cleanup']) {
      const { status, output, errors, late } = await execute('sysbench', [...words, step], { secondsMax });
      said += output + errors;
      if (late || status !== 0) why ||= `${step}: ${late ? `took longer than ${secondsMax} s` : errors.trim() || `status ${status}`}`;
    }
    const [, reconnects] = /reconnects: +(\d+)/.exec(said) ?? [];
    why ||= Number(reconnects) > 0 ? `${reconnects} reconnects` : /^.*FATAL.*/m.exec(said)?.[0] ?? '';
    return [{ name: unit, status: why ? 'fail' : 'pass', why, output: said }];
  },
};
