import fc from 'fast-check';
import { encodeLogId, instantsOfLogId, isLogId } from './log-id';

const hash = fc.stringMatching(/^[0-9a-v]{10}$/);
const parts = fc.record({
  timestampNs: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  receivedAtMs: fc.integer({ min: 0, max: 2 ** 45 - 1 }),
  index: fc.integer({ min: 0, max: 2 ** 20 - 1 }),
  hash,
});

describe('log ids', () => {
  it('are 36 base32hex characters that give their timestamp back to the nanosecond, and their arrival', () => {
    fc.assert(
      fc.property(parts, (given) => {
        const id = encodeLogId(given);
        expect(id).toMatch(/^[0-9a-v]{36}$/);
        expect(isLogId(id)).toBe(true);
        expect(instantsOfLogId(id)).toEqual({
          epochMs: Number(given.timestampNs / 1_000_000n),
          nanos: Number(given.timestampNs % 1_000_000n),
          receivedAtMs: given.receivedAtMs,
        });
        expect(id.slice(26)).toBe(given.hash);
      }),
    );
  });

  it('sort as text in the order of timestamp, arrival and index', () => {
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        const key = (of: typeof left) => [of.timestampNs, BigInt(of.receivedAtMs), BigInt(of.index)] as const;
        const [a, b] = [key(left), key(right)];
        const differing = a.findIndex((value, at) => value !== b[at]);
        if (differing === -1) return;
        const leftFirst = (a[differing] ?? 0n) < (b[differing] ?? 0n);
        expect(encodeLogId(left) < encodeLogId(right)).toBe(leftFirst);
      }),
    );
  });

  it('keep their layout: a stored id must read the same in every release', () => {
    expect(
      encodeLogId({
        timestampNs: 1_704_110_400_123_456_789n,
        receivedAtMs: 1_704_110_400_500,
        index: 7,
        hash: '0123456789',
      }),
    ).toBe('1f9hnc58mgj8l1hj2ea8vk00070123456789');
  });

  it.each([
    ['timestamp before 1970', { timestampNs: -1n }],
    ['timestamp after 2262', { timestampNs: 2n ** 63n }],
    ['index beyond 20 bits', { index: 2 ** 20 }],
    ['arrival that is no number', { receivedAtMs: Number.NaN }],
    ['hash in upper case', { hash: 'ABCDEFGHIJ' }],
    ['hash too short', { hash: 'abc' }],
  ])('refuse a %s', (_, wrong) => {
    const good = { timestampNs: 1n, receivedAtMs: 1, index: 0, hash: '0000000000' };
    expect(() => encodeLogId({ ...good, ...wrong })).toThrow(RangeError);
  });

  it.each([
    '',
    'x',
    '8'.padEnd(36, '0'),
    '0'.repeat(35),
    '0'.repeat(37),
    'w'.repeat(36),
    `${'0'.repeat(35)}\n`,
  ])('say of %j that it is none', (text) => {
    expect(isLogId(text)).toBe(false);
    expect(instantsOfLogId(text)).toBeUndefined();
  });
});
