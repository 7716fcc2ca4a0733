import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

it('sets only flags that this Node has: V8 goes on without one that it does not know', () => {
  const source = readFileSync(path.join(__dirname, 'tune-garbage-collection.ts'), 'utf8');
  const flags = [...source.matchAll(/setFlagsFromString\('(--[a-z-]+)=/g)].map(([, flag]) => flag);
  expect(flags).toHaveLength(2);
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  for (const flag of flags) expect(known).toContain(`  ${flag} (`);
});
