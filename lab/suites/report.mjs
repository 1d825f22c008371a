// What became of each test, directly and through Seawall, and what that amounts to.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Of a file that breaks off, every test that did not run is one; the first few say it all.
const shownMax = 3;

// One line of it for each unit that was compared.
const unitsFile = 'units.jsonl';

const oneLine = why => (why ?? '').replace(/\s+/g, ' ').slice(0, 300);

/** The units that an earlier run into this folder has compared, each once. */
export function comparedIn(folder) {
  const file = join(folder, unitsFile);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(line => line.endsWith('}')).map(line => JSON.parse(line));
  return [...new Map(lines.map(one => [one.unit, one])).values()];
}

const count = (results, status) => results.filter(one => one.status === status).length;

/** The tests of one run of one unit that passed directly and not through Seawall; one that is missing did not pass. */
function lost(direct, through) {
  const statuses = new Map(through.map(one => [one.name, one]));
  return direct.filter(one => one.status === 'pass' && !['pass', 'late'].includes(statuses.get(one.name)?.status))
    .map(one => ({ name: one.name, why: statuses.get(one.name)?.why ?? 'did not run' }));
}

export class Report {
  #explanations;
  #throughFirst;
  #rows = [];
  #regressions = [];
  #neighbours = [];
  #broken = [];

  /** `throughFirst`: what passes through Seawall is not run directly. */
  constructor(explanations, { throughFirst = false } = {}) {
    this.#explanations = explanations;
    this.#throughFirst = throughFirst;
  }

  /** Runs `body`, which compares one unit after another of so many, and adds it all up; with what an earlier run has found. */
  async suite(suite, server, folder, { total, earlier = [] }, body) {
    const row = { suite: suite.name, server, direct: [], seawall: [], explained: [], unsteady: [], regressions: [], seconds: 0, spared: 0 };
    this.#rows.push(row);
    for (const unit of earlier) this.#add(row, unit);
    let units = earlier.length, said = 0;
    try {
      await body(async (unit, run, legs) => {
        const began = Date.now();
        const compared = { unit, ...await this.#compare(row, folder, run, legs) };
        compared.seconds = (Date.now() - began) / 1000;
        // At once: whatever ends this run, another can go on behind it.
        appendFileSync(join(folder, unitsFile), `${JSON.stringify(compared)}\n`);
        this.#add(row, compared);
        units++;
        if (Date.now() - said < 10_000) return;
        said = Date.now();
        console.log(`  ${units} of ${total} done, ${row.regressions.length} regressions; now behind ${unit}`);
      });
    } finally {
      row.left = total - units;
      for (const leg of ['direct', 'seawall']) {
        const lines = row[leg].map(({ status, name, why }) => [status, name, oneLine(why)].join('\t'));
        writeFileSync(join(folder, `${leg}.tsv`), `${lines.sort().join('\n')}\n`);
      }
    }
  }

  /** What a unit did on both legs, and which of its tests were lost; those that have no reason are tried once more. */
  async #compare(row, folder, run, [direct, seawall]) {
    const once = await this.#runBoth(run, direct, seawall);
    if (once[0] !== once[1]) keep(folder, direct, once[0]);
    keep(folder, seawall, once[1]);
    const first = lost(...once).filter(one => !this.#reasonOf(row, one));
    // Tests have their own moods: it counts if the same happens again.
    const again = first.length > 0 ? lost(await run(direct), await run(seawall)) : [];
    const steady = first.filter(one => again.some(({ name }) => name === one.name));
    for (const [i, one] of first.entries()) {
      if (i < shownMax) console.log(`  ${steady.includes(one) ? 'REGRESSION' : 'unsteady'}: ${this.#line(row, one)}`);
    }
    if (first.length > shownMax) console.log(`  and ${first.length - shownMax} more of the same file`);
    if (once[0] === once[1]) once[0] = [];
    const [bare, bareThrough] = once.map(results => results.map(({ name, status, why }) => ({ name, status, why: oneLine(why) })));
    return { direct: bare, seawall: bareThrough, steady: steady.map(one => one.name) };
  }

  async #runBoth(run, direct, seawall) {
    if (!this.#throughFirst) return [await run(direct), await run(seawall)];
    const through = await run(seawall);
    // Nothing can be lost where all has passed: then both are the same results, and the direct ones are not counted. Nor is
    // anything known where the time was too short: that is said of each.
    return [through.every(one => one.status === 'pass' || one.status === 'late') ? through : await run(direct), through];
  }

  #add(row, { direct, seawall, steady, seconds }) {
    row.direct.push(...direct);
    row.seawall.push(...seawall);
    row.seconds += seconds;
    if (direct.length === 0) row.spared++;
    for (const one of lost(direct, seawall)) {
      const reason = this.#reasonOf(row, one);
      if (reason) row.explained.push({ name: one.name, reason });
      else if (!steady.includes(one.name)) row.unsteady.push(one.name);
      else {
        row.regressions.push(one.name);
        this.#regressions.push(this.#line(row, one));
      }
    }
  }

  #line(row, { name, why }) {
    return `${row.suite} ${row.server}\t${name}\t${oneLine(why)}`;
  }

  #reasonOf(row, { name }) {
    return this.#explanations.find(one => one.covers(row.suite, row.server, name))?.reason;
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
      row.unsteady.length, row.regressions.length, Math.round(row.seconds)].map(String));
    const widths = heading.map((word, i) => Math.max(word.length, ...cells.map(line => line[i].length)));
    const lines = [heading, ...cells].map(line => line.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd());
    const explained = this.#rows.flatMap(row => row.explained.map(({ name, reason }) => `  ${row.suite} ${name}: ${reason}`));
    return [
      ...lines, '(passed/failed/skipped)', '',
      ...explained.length > 0 ? ['explained:', ...new Set(explained), ''] : [],
      ...this.#regressions.length > 0 ? ['regressions:', ...this.#regressions.map(line => `  ${line}`), ''] : [],
      ...this.#neighbours,
      ...this.#rows.filter(row => row.spared > 0).map(row =>
        `${row.suite}: ${row.spared} of its files or programs passed through Seawall and were not run directly`),
      ...this.#rows.filter(row => count(row.seawall, 'late') > 0).map(row => `${row.suite}: ran out of time through Seawall, and `
        + `say nothing: ${row.seawall.filter(one => one.status === 'late').map(one => one.name).join(', ')}`),
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
    return this.#rows.reduce((sum, row) => sum + count(row.direct, 'pass') + row.spared, 0);
  }

  #total() {
    return this.#regressions.length + this.#neighbours.length;
  }
}

const tally = results => `${count(results, 'pass')}/${count(results, 'fail')}/${count(results, 'skip')}`;

/** The output of what failed, by leg: direct/NAME.log and seawall/NAME.log. */
function keep(folder, leg, results) {
  for (const { status, name, output } of results) {
    if (!['fail', 'late'].includes(status) || !output) continue;
    mkdirSync(join(folder, leg.name), { recursive: true });
    writeFileSync(join(folder, leg.name, `${name.replace(/[^\w.=-]+/g, '_').slice(0, 150)}.log`), output, 'latin1');
  }
}
