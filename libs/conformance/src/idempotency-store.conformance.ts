import { newScope } from '../../../test/support/new-scope';
import type { IdempotencyStore } from '../../core/src/ingest/idempotency-store.port';

/** What every IdempotencyStore promises. */
export function idempotencyStoreConformance(
  name: string,
  start: () => Promise<{ readonly store: IdempotencyStore; end(): Promise<void> }>,
): void {
  describe(`IdempotencyStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    const mine = newScope();
    const theirs = newScope();
    const first = { requestHash: 'a'.repeat(64), receivedAtMs: 1_700_000_000_123 };
    const retry = { requestHash: 'a'.repeat(64), receivedAtMs: 1_700_000_009_999 };

    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine.end());

    it('remembers the first request and its time for the retry', async () => {
      expect(await engine.store.claim(mine, 'retry', first)).toEqual(first);
      expect(await engine.store.claim(mine, 'retry', retry)).toEqual(first);
    });

    it('returns the first request where the key comes back with another body', async () => {
      await engine.store.claim(mine, 'other body', first);
      const other = { requestHash: 'b'.repeat(64), receivedAtMs: 1_700_000_010_000 };
      expect((await engine.store.claim(mine, 'other body', other)).requestHash).toBe(first.requestHash);
    });

    it('returns the answer once there was one', async () => {
      await engine.store.claim(mine, 'answered', first);
      await engine.store.complete(mine, 'answered', '{"accepted":3}');
      expect(await engine.store.claim(mine, 'answered', retry)).toEqual({
        ...first,
        response: '{"accepted":3}',
      });
    });

    it('keeps the same key of two projects apart', async () => {
      await engine.store.claim(mine, 'shared', first);
      await engine.store.complete(mine, 'shared', 'mine');
      expect(await engine.store.claim(theirs, 'shared', retry)).toEqual(retry);
      await engine.store.complete(theirs, 'shared', 'theirs');
      expect((await engine.store.claim(mine, 'shared', retry)).response).toBe('mine');
    });

    it('lets exactly one of many racing requests be the first', async () => {
      const claims = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          engine.store.claim(mine, 'race', {
            requestHash: String(index).padStart(64, '0'),
            receivedAtMs: first.receivedAtMs + index,
          }),
        ),
      );
      expect(new Set(claims.map(({ requestHash }) => requestHash)).size).toBe(1);
      expect(new Set(claims.map(({ receivedAtMs }) => receivedAtMs)).size).toBe(1);
    });

    it('forgets what is older, and only that', async () => {
      const old = { requestHash: 'c'.repeat(64), receivedAtMs: 1_600_000_000_000 };
      await engine.store.claim(mine, 'old', old);
      await engine.store.claim(mine, 'new', first);
      expect(await engine.store.deleteBefore(1_600_000_000_001)).toBe(1);
      expect(await engine.store.claim(mine, 'old', retry)).toEqual(retry);
      expect(await engine.store.claim(mine, 'new', retry)).toEqual(first);
    });
  });
}
