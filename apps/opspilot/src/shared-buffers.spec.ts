import { sharedBuffers } from './shared-buffers';

describe('sharedBuffers', () => {
  it.each([
    ['a quarter of a gigabyte', 0.25, '128MB'],
    ['2 GB', 2, '512MB'],
    ['4 GB', 4, '1024MB'],
    ['24 GB', 24, '6144MB'],
    ['64 GB', 64, '8192MB'],
  ])('leaves most of %s to everything else', (_, gigabytes, expected) => {
    expect(sharedBuffers(gigabytes * 2 ** 30)).toBe(expected);
  });
});
