import { createHash, randomUUID } from 'node:crypto';
import { newScope } from '../../../test/support/new-scope';
import { type ApiKeyId, asId } from '../../core/src/common/ids';
import type { ApiKey } from '../../core/src/projects/api-key';
import type { ApiKeyStore } from '../../core/src/projects/api-key-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { CatalogEngine } from './catalog-engine';
import { expectMalformedCursorRefused, readAllPages } from './paging';

/** What every ApiKeyStore promises. */
export function apiKeyStoreConformance(name: string, start: () => Promise<CatalogEngine<ApiKeyStore>>): void {
  describe(`ApiKeyStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let mine: ProjectScope;
    let theirs: ProjectScope;

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      [mine, theirs] = [await engine.newScope(), await engine.newScope()];
    });
    afterAll(() => engine.end());

    const keyOf = (scope: ProjectScope, change: Partial<ApiKey> = {}): ApiKey => ({
      id: asId<ApiKeyId>(randomUUID()),
      projectId: scope.projectId,
      name: 'agent',
      prefix: 'ops_abcd',
      permissions: ['ingest', 'read'],
      createdAtMs: 1_700_000_000_123,
      ...change,
    });
    const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex');

    it('finds a key by the hash of its secret, and no key by another', async () => {
      const key = keyOf(mine);
      await engine.store.create(mine, key, hash(key.id));
      expect(await engine.store.findByHash(hash(key.id))).toStrictEqual(key);
      expect(await engine.store.findByHash(hash('other'))).toBeUndefined();
    });

    it('finds revoked keys too, with the time of the first revocation', async () => {
      const key = keyOf(mine);
      await engine.store.create(mine, key, hash(key.id));
      const revoked = { ...key, revokedAtMs: 1_700_000_001_000 };
      expect(await engine.store.revoke(mine, key.id, 1_700_000_001_000)).toStrictEqual(revoked);
      expect(await engine.store.revoke(mine, key.id, 1_800_000_000_000)).toStrictEqual(revoked);
      expect(await engine.store.findByHash(hash(key.id))).toStrictEqual(revoked);
    });

    it('neither shows nor revokes keys of another project', async () => {
      const key = keyOf(theirs);
      await engine.store.create(theirs, key, hash(key.id));
      expect(await engine.store.revoke(mine, key.id, 1)).toBeUndefined();
      expect((await engine.store.list(mine, { limit: 10 })).items).toEqual([]);
      expect(await engine.store.findByHash(hash(key.id))).toStrictEqual(key);
    });

    it('does not take two keys with one secret', async () => {
      const secretHash = hash(randomUUID());
      await engine.store.create(theirs, keyOf(theirs), secretHash);
      await expect(engine.store.create(mine, keyOf(mine), secretHash)).rejects.toThrow();
    });

    it('says which project is missing', async () => {
      const nowhere = newScope();
      const created = engine.store.create(nowhere, keyOf(nowhere), hash(randomUUID()));
      await expect(created).rejects.toMatchObject({ kind: 'not_found', code: 'OPS_PROJECT_NOT_FOUND' });
    });

    it('lists the keys in order of creation, page by page', async () => {
      const keys = [3, 1, 1, 2].map((createdAtMs) => keyOf(mine, { createdAtMs }));
      for (const key of keys) await engine.store.create(mine, key, hash(key.id));
      const listed = await readAllPages(2, (page) => engine.store.list(mine, page));
      expect(listed.map((key) => key.createdAtMs)).toEqual([1, 1, 2, 3]);
      expect(new Set(listed.map((key) => key.id)).size).toBe(4);
      await expectMalformedCursorRefused((page) => engine.store.list(mine, page));
    });
  });
}
