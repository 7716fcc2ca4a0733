import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const FOLDERS = ['apps', 'bin', 'docs', 'libs', 'scripts', 'test', 'workflows'];

/** What the documents name as a path: below one of our folders, or compiled from there. */
const PATH = new RegExp(`(?<![\\w./-])(?:dist/)?(?:${FOLDERS.join('|')})/[\\w./<>{}*-]*`, 'g');
/** A file named without its folder, in backquotes. */
const BARE_FILE = /`([a-z0-9][a-z0-9.-]*\.(?:ts|mjs|sql|yml|yaml|md))`/g;
/** A file, and behind it a heading; without a file, a heading of the same document. */
const LINK = /\]\((?!https?:)([^)]+)\)/g;
const HEADING = /^#+ (.+)$/gm;
const FENCED = /^```.*\n[^]*?^```$/gm;
const NPM_SCRIPT = /\bnpm run ([\w:]+)/g;
/** `<engine>`, `*` and `{id}` stand for something. */
const PLACEHOLDER = /[<>{}*]/;

const fileNames = new Set(
  FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }),
  ).map((file) => path.basename(file)),
);
const npmScripts = Object.keys(
  (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts,
);

function captured(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[0]);
}

function sourceOf(named: string): string {
  return named
    .replace(/[./]+$/, '')
    .replace(/^dist\/(.*)\.js$/, '$1.ts')
    .replace(/^dist\//, '');
}

/** As GitHub names them in links. */
function anchorsOf(text: string): readonly string[] {
  return captured(text.replace(FENCED, ''), HEADING).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function isLinked(link: string, text: string, folder: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = path.resolve(folder, file);
  if (!existsSync(target)) return false;
  if (anchor === undefined) return true;
  return anchorsOf(file === '' ? text : readFileSync(target, 'utf8')).includes(anchor);
}

/** Everything that a text names and that is not there. Its links begin at its own folder. */
function missingFrom(text: string, folder = ROOT): readonly string[] {
  const isThere = (named: string) => existsSync(path.join(ROOT, sourceOf(named)));
  const missing = [
    ...captured(text, PATH).filter((named) => !PLACEHOLDER.test(named) && !isThere(named)),
    ...captured(text, LINK).filter((link) => !isLinked(link, text, folder)),
    ...captured(text, BARE_FILE).filter((name) => !fileNames.has(name) && !isThere(name)),
    ...captured(text, NPM_SCRIPT).filter((script) => !npmScripts.includes(script)),
  ];
  return [...new Set(missing)];
}

describe('documents', () => {
  it.each([
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    'README.md',
    'apps/cli/scenarios/README.md',
    ...readdirSync(path.join(ROOT, 'docs')).map((file) => `docs/${file}`),
  ])('%s names only files, folders and commands that exist', (document) => {
    const file = path.join(ROOT, document);
    expect(missingFrom(readFileSync(file, 'utf8'), path.dirname(file))).toEqual([]);
  });

  it('notices what is gone, and lets placeholders be', () => {
    const text = [
      'See `libs/core/src/logs/log-line.ts`, [the guide](docs/guide.md) and `log-line.store.ts`.',
      'Run `node dist/apps/absent/src/main.js` or `npm run absent`.',
      '## How, and why',
      'See [how](#how-and-why), [where](#where), [rules](ARCHITECTURE.md#rules-that-keep-it-true), [runs](README.md#runs).',
      'Add `libs/adapters/<engine>/src/<engine>-<port>.ts` to `apps/*`, beside `libs/core` and `npm run build`.',
    ].join('\n');
    expect(missingFrom(text)).toEqual([
      'libs/core/src/logs/log-line.ts',
      'docs/guide.md',
      'dist/apps/absent/src/main.js',
      '#where',
      'README.md#runs',
      'log-line.store.ts',
      'absent',
    ]);
  });
});
