import { KeysInMemory } from '../../../test/support/keys-in-memory';
import { ApiKeyLookup } from './api-key-lookup';

const REMEMBERED = 1000;
const REMEMBERED_MS = 5000;

let keys: KeysInMemory;
let elapsedMs: number;
let lookup: ApiKeyLookup;

beforeEach(() => {
  keys = new KeysInMemory();
  elapsedMs = 0;
  lookup = new ApiKeyLookup(keys, { readMs: () => elapsedMs });
});

async function findNew(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    keys.add(name);
    await lookup.find(name);
  }
}

const names = Array.from({ length: REMEMBERED }, (_, index) => `key ${index}`);

it('remembers a thousand keys, and forgets the first one for the next', async () => {
  await findNew(...names);
  expect(lookup.recall('key 0')).toBeDefined();
  await findNew('one more');
  expect(names.filter((name) => lookup.recall(name) === undefined)).toEqual(['key 0']);
  expect(keys.lookups).toBe(REMEMBERED + 1);
});

it('takes a key that was looked up again for a new one', async () => {
  await findNew(...names);
  elapsedMs += REMEMBERED_MS;
  await lookup.find('key 1');
  await findNew('one more', 'another');
  expect(lookup.recall('key 1')).toBeDefined();
});

it('does not ask for what is too long to be a key', async () => {
  keys.add('k'.repeat(257));
  expect(await lookup.find('k'.repeat(257))).toBeUndefined();
  expect(keys.lookups).toBe(0);
});
