import { newScope } from '../../../test/support/new-scope';
import { waitFor } from '../../../test/support/wait-for';
import type { QueryCache } from '../../core/src/common/query-cache.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';

const LONG_MS = 600_000;

/** What every QueryCache promises. The engine must be given `maxEntryBytes` of 1000. */
export function queryCacheConformance(
  name: string,
  start: () => Promise<{ readonly cache: QueryCache; end(): Promise<void> }>,
): void {
  describe(`QueryCache on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let cache: QueryCache;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await start();
      cache = engine.cache;
    });
    beforeEach(() => {
      mine = newScope();
    });
    afterAll(() => engine.end());

    it('finds what was kept last under a key, letter for letter', async () => {
      expect(await cache.get(mine, 'key')).toBeUndefined();
      await cache.set(mine, 'key', '{"a":1}', LONG_MS);
      await cache.set(mine, 'key', '{"b":"ä€𝄞\\u0000"}\n', LONG_MS);
      expect(await cache.get(mine, 'key')).toBe('{"b":"ä€𝄞\\u0000"}\n');
      await cache.set(mine, 'empty', '', LONG_MS);
      expect(await cache.get(mine, 'empty')).toBe('');
    });

    it('shows no project what another one keeps', async () => {
      const theirs = newScope();
      await cache.set(mine, 'key', 'mine', LONG_MS);
      expect(await cache.get(theirs, 'key')).toBeUndefined();
      await cache.set(theirs, 'key', 'theirs', LONG_MS);
      expect(await cache.get(mine, 'key')).toBe('mine');
    });

    it('keeps nothing for longer than it may', async () => {
      await cache.set(mine, 'key', 'soon gone', 20);
      await cache.set(mine, 'other', 'stays', LONG_MS);
      await waitFor('the entry to expire', async () =>
        (await cache.get(mine, 'key')) === undefined ? true : undefined,
      );
      expect(await cache.get(mine, 'other')).toBe('stays');
    });

    it('does not keep what is too long, nor what was there before it', async () => {
      await cache.set(mine, 'key', 'x'.repeat(1000), LONG_MS);
      expect(await cache.get(mine, 'key')).toHaveLength(1000);
      await cache.set(mine, 'key', `${'x'.repeat(999)}ä`, LONG_MS);
      expect(await cache.get(mine, 'key')).toBeUndefined();
    });
  });
}
