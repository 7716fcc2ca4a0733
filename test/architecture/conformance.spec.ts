import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

/**
 * Ports without a suite, and where their promises are proved instead. What OpsPilot's own workflows do for callers is
 * proved where the workflows run, for no engine can be put in their place; template mining and the ranking of causes
 * answer what pure functions answer, and are compared with them.
 */
const PROVED_ELSEWHERE: Readonly<Record<string, string>> = {
  'cause-ranking': 'libs/adapters/local/src/thread-cause-ranking.spec.ts',
  'incident-commands': 'test/replay/incident.spec.ts',
  'investigation-starter': 'test/replay/investigation.spec.ts',
  'snapshot-taker': 'test/replay/snapshot.spec.ts',
  'transition-handover': 'test/replay/alert-evaluation.spec.ts',
  'template-mining': 'libs/adapters/local/src/thread-template-mining.spec.ts',
};

function filesBelow(folder: string, ending: string): readonly string[] {
  const files = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith(ending)).map((file) => path.join(ROOT, folder, file));
}

const ports = filesBelow('libs/core/src', '.port.ts').map((file) => path.basename(file, '.port.ts'));
const adapterSpecs = filesBelow('libs/adapters', '.spec.ts').map((file) => readFileSync(file, 'utf8'));

describe('ports', () => {
  it.each(ports)('%s has a suite that an adapter runs', (port) => {
    const elsewhere = PROVED_ELSEWHERE[port];
    if (elsewhere !== undefined) {
      expect(existsSync(path.join(ROOT, elsewhere))).toBe(true);
      return;
    }
    const suite = `libs/conformance/src/${port}.conformance`;
    expect(existsSync(path.join(ROOT, `${suite}.ts`))).toBe(true);
    expect(adapterSpecs.some((spec) => spec.includes(`${port}.conformance'`))).toBe(true);
  });
});
