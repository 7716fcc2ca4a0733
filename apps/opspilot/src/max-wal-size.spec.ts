import { maxWalSize } from './max-wal-size';

describe('maxWalSize', () => {
  it.each([
    ['nearly nothing', 0.1, '1024MB'],
    ['8 GB', 8, '4096MB'],
    ['20 GB', 20, '10240MB'],
    ['a terabyte', 1024, '16384MB'],
  ])('leaves room for the records on a disk of which %s is free', (_, gigabytes, expected) => {
    expect(maxWalSize(gigabytes * 2 ** 30)).toBe(expected);
  });
});
