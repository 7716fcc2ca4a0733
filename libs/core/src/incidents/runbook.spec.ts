import { toObjectKey } from '../common/object-key';
import { runbookKey, runbookName } from './runbook';

describe('runbooks', () => {
  it.each(['a', 'db-pool-exhausted', 'db.pool_2', 'a.md'])('may be called %s', (name) => {
    const key = runbookKey(name);
    expect(key).toBe(`runbooks/${name}.md`);
    expect(key !== undefined && runbookName(key)).toBe(name);
  });

  it.each(['', 'A', 'a/b', '../a', 'a..b', '.a', 'ä', 'a b', 'a\0', 'a'.repeat(101)])(
    'may not be called %j',
    (name) => {
      expect(runbookKey(name)).toBeUndefined();
    },
  );

  it.each(['runbooks/a.csv', 'runbooks/a/b.md', 'exports/a.md'])('are not what lies at %s', (text) => {
    const key = toObjectKey(text);
    expect(key !== undefined && runbookName(key)).toBeUndefined();
  });
});
