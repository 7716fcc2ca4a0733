import { newScope } from '../../../../test/support/new-scope';
import { queryCacheConformance } from '../../../conformance/src/query-cache.conformance';
import { systemStopwatch } from '../../../core/src/common/stopwatch';
import { LocalQueryCache } from './local-query-cache';

queryCacheConformance('this process', async () => ({
  cache: new LocalQueryCache({ stopwatch: systemStopwatch, maxBytes: 100_000, maxEntryBytes: 1000 }),
  end: async () => undefined,
}));

describe('LocalQueryCache', () => {
  it('makes room by dropping what was not used for longest', async () => {
    const cache = new LocalQueryCache({ stopwatch: { readMs: () => 0 }, maxBytes: 10, maxEntryBytes: 10 });
    const scope = newScope();
    for (const key of ['a', 'b', 'c']) await cache.set(scope, key, '123', 1000);
    await cache.get(scope, 'a');
    await cache.set(scope, 'd', '123', 1000);
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((key) => cache.get(scope, key)))).toEqual([
      '123',
      undefined,
      '123',
      '123',
    ]);
  });
});
