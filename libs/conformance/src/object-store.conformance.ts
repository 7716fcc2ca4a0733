import { randomBytes } from 'node:crypto';
import { newScope } from '../../../test/support/new-scope';
import { type ObjectKey, toObjectKey } from '../../core/src/common/object-key';
import type { ObjectStore } from '../../core/src/common/object-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';

const MAX_BYTES = 100_000;
const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (content: Uint8Array | undefined) => content && new TextDecoder().decode(content);

function keyOf(text: string): ObjectKey {
  const key = toObjectKey(text);
  if (key === undefined) throw new Error(`${text} is no key`);
  return key;
}

/** What every ObjectStore promises. The engine must be given `maxBytes` of 100,000. */
export function objectStoreConformance(
  name: string,
  start: () => Promise<{ readonly store: ObjectStore; end(): Promise<void> }>,
): void {
  describe(`ObjectStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let store: ObjectStore;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await start();
      store = engine.store;
    });
    beforeEach(() => {
      mine = newScope();
    });
    afterAll(() => engine.end());

    it('gives back what was put last, byte for byte', async () => {
      const key = keyOf('runbooks/a.md');
      expect(await store.get(mine, key)).toBeUndefined();
      await store.put(mine, key, bytes('first'));
      const content = randomBytes(50_000);
      await store.put(mine, key, content);
      const stored = await store.get(mine, key);
      expect(stored).toMatchObject({ key, bytes: 50_000 });
      expect(stored?.updatedAtMs).toBeGreaterThan(Date.parse('2020-01-01'));
      expect(Buffer.compare(stored?.content ?? bytes(''), content)).toBe(0);
      await store.put(mine, key, bytes(''));
      expect(await store.get(mine, key)).toMatchObject({ bytes: 0, content: new Uint8Array() });
    });

    it('shows no project another one’s files', async () => {
      const theirs = newScope();
      const key = keyOf('runbooks/a.md');
      await store.put(mine, key, bytes('mine'));
      expect(await store.get(theirs, key)).toBeUndefined();
      expect(await store.list(theirs, 'runbooks', { limit: 10 })).toEqual([]);
      expect(await store.delete(theirs, key)).toBe(false);
      await store.put(theirs, key, bytes('theirs'));
      expect(textOf((await store.get(mine, key))?.content)).toBe('mine');
    });

    it('lists a folder in order of keys, page by page', async () => {
      const keys = ['a.md', 'a-b.md', 'a/z.md', 'b_1.md', 'ab/c.md', 'c.csv'].map((name) =>
        keyOf(`docs/${name}`),
      );
      for (const key of [...keys, keyOf('docs-2/x.md'), keyOf('other/docs/x.md')])
        await store.put(mine, key, bytes(key));
      const listed: ObjectKey[] = [];
      for (;;) {
        const after = listed.at(-1);
        const page = await store.list(mine, 'docs', { limit: 2, ...(after !== undefined && { after }) });
        for (const { key, bytes: size } of page) expect(size).toBe(key.length);
        listed.push(...page.map(({ key }) => key));
        if (page.length < 2) break;
      }
      expect(listed).toEqual([...keys].sort());
      expect(await store.list(mine, 'absent', { limit: 2 })).toEqual([]);
    });

    it('deletes a file once', async () => {
      const key = keyOf('runbooks/a.md');
      await store.put(mine, key, bytes('x'));
      expect(await store.delete(mine, key)).toBe(true);
      expect(await store.delete(mine, key)).toBe(false);
      expect(await store.get(mine, key)).toBeUndefined();
      expect(await store.list(mine, 'runbooks', { limit: 10 })).toEqual([]);
    });

    it('deletes a file that several delete at once, and fails none of them', async () => {
      const key = keyOf('runbooks/a.md');
      for (let round = 0; round < 10; round++) {
        await store.put(mine, key, bytes('x'));
        const deleted = await Promise.all(Array.from({ length: 10 }, () => store.delete(mine, key)));
        expect(deleted).toContain(true);
        expect(await store.get(mine, key)).toBeUndefined();
      }
    });

    it('refuses what is too large, and keeps what was there', async () => {
      const key = keyOf('runbooks/a.md');
      await store.put(mine, key, bytes('x'.repeat(MAX_BYTES)));
      const tooLarge = store.put(mine, key, bytes('x'.repeat(MAX_BYTES + 1)));
      await expect(tooLarge).rejects.toMatchObject({ kind: 'too_large' });
      expect(await store.get(mine, key)).toMatchObject({ bytes: MAX_BYTES });
    });

    it('shows readers whole files only, while writers race', async () => {
      const key = keyOf('runbooks/raced.md');
      const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(60_000));
      await store.put(mine, key, bytes(texts[0] ?? ''));
      const writers = texts.map((text) => store.put(mine, key, bytes(text)));
      const readers = Array.from({ length: 10 }, () => store.get(mine, key));
      await Promise.all(writers);
      for (const stored of await Promise.all(readers)) expect(texts).toContain(textOf(stored?.content));
    });
  });
}
