import { sharedBuffers } from './shared-buffers';

describe('sharedBuffers', () => {
  it.each([
    ['half a gigabyte', 0.5, '128MB'],
    ['2 GB', 2, '256MB'],
    ['8 GB', 8, '1024MB'],
    ['64 GB', 64, '2048MB'],
  ])('leaves most of %s to everything else', (_, gigabytes, expected) => {
    expect(sharedBuffers(gigabytes * 2 ** 30)).toBe(expected);
  });
});
