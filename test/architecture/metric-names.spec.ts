import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const DEFINITION = /\.(counter|gauge|histogram)\(\{\s*name: '([^']+)'/g;
const UNITS =
  /_(seconds|bytes|records|messages|requests_in_flight|connections|clusters|indices|dead_letters)$/;

const definitions = ['apps', 'libs', 'workflows'].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .flatMap((file) => [...readFileSync(path.join(ROOT, folder, file), 'utf8').matchAll(DEFINITION)])
    .map(([, kind = '', name = '']) => [kind, name] as const),
);

describe('metrics', () => {
  it('are found in the sources, or this test would prove nothing', () => {
    expect(definitions.length).toBeGreaterThan(10);
  });

  it.each(definitions)('the %s %s is ours by its name, and says what it counts in', (kind, name) => {
    expect(name).toMatch(/^opspilot_[a-z]+(_[a-z]+)+$/);
    expect(name).toMatch(kind === 'counter' ? /_total$/ : UNITS);
  });
});
