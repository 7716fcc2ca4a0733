import { maxWalSize } from './max-wal-size';

describe('maxWalSize', () => {
  it.each([
    ['nearly nothing', 0.1, '1024MB'],
    ['8 GB', 8, '2730MB'],
    ['45 GB', 45, '15360MB'],
    ['a terabyte', 1024, '16384MB'],
  ])('leaves most of a disk to the records, of which %s is free', (_, gigabytes, expected) => {
    expect(maxWalSize(gigabytes * 2 ** 30)).toBe(expected);
  });
});
