// What became of each test, directly and through Seawall, and what that amounts to.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Of a file that breaks off, every test that did not run is one; the first few say it all.
const shownMax = 3;

const count = (results, status) => results.filter(one => one.status === status).length;

/** The tests of one run of one unit that passed directly and not through Seawall; one that is missing did not pass. */
function lost(direct, through) {
  const statuses = new Map(through.map(one => [one.name, one]));
  return direct.filter(one => one.status === 'pass' && statuses.get(one.name)?.status !== 'pass')
    .map(one => ({ name: one.name, why: statuses.get(one.name)?.why ?? 'did not run' }));
}

export class Report {
  #explanations;
  #rows = [];
  #regressions = [];
  #neighbours = [];
  #broken = [];

  constructor(explanations) {
    this.#explanations = explanations;
  }

  /** Runs `body`, which compares one unit after another of so many, and adds it all up. */
  async suite(suite, server, folder, total, body) {
    const row = { suite: suite.name, server, direct: [], seawall: [], explained: [], unsteady: [], regressions: [] };
    this.#rows.push(row);
    const began = Date.now();
    let units = 0, said = 0;
    try {
      await body(async (unit, run, legs) => {
        await this.#compare(row, folder, run, legs);
        units++;
        if (Date.now() - said < 10_000) return;
        said = Date.now();
        console.log(`  ${units} of ${total} done, ${row.regressions.length} regressions; now behind ${unit}`);
      });
    } finally {
      row.left = total - units;
      row.seconds = Math.round((Date.now() - began) / 1000);
      for (const leg of ['direct', 'seawall']) {
        const lines = row[leg].map(({ status, name, why }) => [status, name, (why ?? '').replace(/\s+/g, ' ').slice(0, 300)].join('\t'));
        writeFileSync(join(folder, `${leg}.tsv`), `${lines.sort().join('\n')}\n`);
      }
    }
  }

  async #compare(row, folder, run, [direct, seawall]) {
    const once = [await run(direct), await run(seawall)];
    keep(folder, direct, once[0]);
    keep(folder, seawall, once[1]);
    row.direct.push(...once[0]);
    row.seawall.push(...once[1]);
    const first = lost(...once).filter(one => !this.#explain(row, one));
    if (first.length === 0) return;
    // Tests have their own moods: it counts if the same happens again.
    const again = lost(await run(direct), await run(seawall));
    for (const [i, one] of first.entries()) {
      const isSteady = again.some(({ name }) => name === one.name);
      const line = `${row.suite} ${row.server}\t${one.name}\t${one.why.replace(/\s+/g, ' ').slice(0, 300)}`;
      row[isSteady ? 'regressions' : 'unsteady'].push(one.name);
      if (isSteady) this.#regressions.push(line);
      if (i < shownMax) console.log(`  ${isSteady ? 'REGRESSION' : 'unsteady'}: ${line}`);
      appendFileSync(join(folder, isSteady ? 'regressions.tsv' : 'unsteady.tsv'), `${line}\n`);
    }
    if (first.length > shownMax) console.log(`  and ${first.length - shownMax} more of the same file`);
  }

  #explain(row, { name }) {
    const explanation = this.#explanations.find(one => one.covers(row.suite, row.server, name));
    if (!explanation) return false;
    row.explained.push({ name, reason: explanation.reason });
    return true;
  }

  /** Neighbours check their own answers all the while; one that is wrong is a regression, too. */
  neighbours(suite, leg, wrongs) {
    if (wrongs.length === 0) return;
    this.#neighbours.push(`${suite.name}: a neighbour ${leg} saw ${wrongs.length} wrong answers, first: ${wrongs[0]}`);
  }

  /** It could not be run, or not to its end: no word about the tests behind. */
  broke(suite, problem) {
    this.#broken.push(`${suite.name} broke off: ${problem.message}`);
    console.log(`  ${this.#broken.at(-1)}`);
  }

  text() {
    const heading = ['suite', 'server', 'direct', 'through Seawall', 'explained', 'unsteady', 'regressions', 'seconds'];
    const cells = this.#rows.map(row => [row.suite, row.server, tally(row.direct), tally(row.seawall), row.explained.length,
      row.unsteady.length, row.regressions.length, row.seconds].map(String));
    const widths = heading.map((word, i) => Math.max(word.length, ...cells.map(line => line[i].length)));
    const lines = [heading, ...cells].map(line => line.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd());
    const explained = this.#rows.flatMap(row => row.explained.map(({ name, reason }) => `  ${row.suite} ${name}: ${reason}`));
    return [
      ...lines, '(passed/failed/skipped)', '',
      ...explained.length > 0 ? ['explained:', ...new Set(explained), ''] : [],
      ...this.#regressions.length > 0 ? ['regressions:', ...this.#regressions.map(line => `  ${line}`), ''] : [],
      ...this.#neighbours,
      ...this.#rows.filter(row => row.left > 0).map(row => `${row.suite}: ${row.left} of its files or programs were not begun`),
      ...this.#broken,
      this.#compared() === 0 ? 'nothing was compared'
        : `${this.#total()} regressions${this.#broken.length > 0 ? `, and ${this.#broken.length} suites broke off` : ''}`,
    ].join('\n');
  }

  status() {
    return this.#total() > 0 ? 1 : this.#compared() === 0 || this.#broken.length > 0 ? 2 : 0;
  }

  #compared() {
    return this.#rows.reduce((sum, row) => sum + count(row.direct, 'pass'), 0);
  }

  #total() {
    return this.#regressions.length + this.#neighbours.length;
  }
}

const tally = results => `${count(results, 'pass')}/${count(results, 'fail')}/${count(results, 'skip')}`;

/** The output of what failed, by leg: direct/NAME.log and seawall/NAME.log. */
function keep(folder, leg, results) {
  for (const { status, name, output } of results) {
    if (status !== 'fail' || !output) continue;
    mkdirSync(join(folder, leg.name), { recursive: true });
    writeFileSync(join(folder, leg.name, `${name.replace(/[^\w.=-]+/g, '_').slice(0, 150)}.log`), output, 'latin1');
  }
}
