// Differences that are known and have a reason: explained.tsv, the same as in docs/compatibility.md.
import { readFileSync } from 'node:fs';

/** Rows of `suite, servers, test, reason`; `*` stands for anything, and servers are words between commas. */
export function explanationsOf() {
  const text = readFileSync(new URL('explained.tsv', import.meta.url), 'utf8');
  return text.split('\n').filter(line => line && !line.startsWith('#')).map((line, i) => {
    const [suite, servers, test, reason] = line.split('\t');
    if (!reason) throw new Error(`explained.tsv: row ${i + 1} has not four columns: ${line}`);
    const glob = new RegExp(`^${test.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '.*')}$`);
    return {
      suite, test, reason, seen: false,
      covers: (itsSuite, server, name) => suite === itsSuite && (servers === '*' || servers.split(',').includes(server)) && glob.test(name),
    };
  });
}
