import { execFileSync } from 'node:child_process';
import v8 from 'node:v8';
import { collectEarly, letHeapGrow } from './tune-garbage-collection';

it('sets only flags that this Node has: V8 goes on without one that it does not know', () => {
  const set = jest.spyOn(v8, 'setFlagsFromString').mockReturnValue();
  letHeapGrow();
  collectEarly();
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(set).toHaveBeenCalled();
  for (const [flag] of set.mock.calls) expect(known).toContain(`  ${flag.slice(0, flag.indexOf('='))} (`);
});
