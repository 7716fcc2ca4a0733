import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
/** A name and, behind it, the help. What is made through a helper of its file is a gauge. */
const DEFINITION = /(?:\.(counter|gauge|histogram)\(\{\s*name: )?'(opspilot_[a-z_]+)',\s*(?:help:\s*)?['"]/g;
const MENTION = /\bopspilot(?:_[a-z]+){2,}/g;
const UNITS =
  /_(seconds|bytes|records|messages|requests_in_flight|connections|clusters|indices|series|dead_letters|schedules)$/;

const definitions = ['apps', 'libs', 'workflows'].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .flatMap((file) => [...readFileSync(path.join(ROOT, folder, file), 'utf8').matchAll(DEFINITION)])
    .map(([, kind = 'gauge', name = '']) => [kind, name] as const),
);
const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(ROOT, 'docs')).map((file) => `docs/${file}`),
];

describe('metrics', () => {
  it.each(['opspilot_ingest_records_total', 'opspilot_queue_dead_letters', 'opspilot_queue_held_bytes'])(
    'such as %s are found in the sources, or this test would prove nothing',
    (known) => {
      expect(definitions.map(([, name]) => name)).toContain(known);
    },
  );

  it.each(definitions)('the %s %s is ours by its name, and says what it counts in', (kind, name) => {
    expect(name).toMatch(/^opspilot_[a-z]+(_[a-z]+)+$/);
    expect(name).toMatch(kind === 'counter' ? /_total$/ : UNITS);
  });

  it.each(documents)('that %s names are there', (document) => {
    const names = new Set(definitions.map(([, name]) => name));
    const mentions = readFileSync(path.join(ROOT, document), 'utf8').match(MENTION) ?? [];
    expect(mentions.filter((name) => !names.has(name))).toEqual([]);
  });
});
