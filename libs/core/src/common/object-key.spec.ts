import fc from 'fast-check';
import { mediaTypeOf, toObjectKey } from './object-key';

describe('toObjectKey', () => {
  it.each([
    ['runbooks/db-pool.md', 'text/markdown; charset=utf-8'],
    ['exports/2026/01/logs_1.parquet', 'application/vnd.apache.parquet'],
    ['exports/a.b.ndjson', 'application/x-ndjson'],
  ])('takes %s', (text, mediaType) => {
    const key = toObjectKey(text);
    expect(key).toBe(text);
    expect(key !== undefined && mediaTypeOf(key)).toBe(mediaType);
  });

  it.each([
    '',
    'db-pool.md',
    '/runbooks/a.md',
    'runbooks//a.md',
    'runbooks/../a.md',
    'runbooks/..md',
    'runbooks/.md',
    'runbooks/.hidden.md',
    'run.books/a.md',
    'runbooks/A.md',
    'runbooks/a.exe',
    'runbooks/a',
    'runbooks/a.md/',
    'runbooks/a.md\n',
    'runbooks/a b.md',
    'runbooks\\a.md',
    'runbooks/a%2f.md',
    `runbooks/${'a'.repeat(200)}.md`,
  ])('refuses %j', (text) => {
    expect(toObjectKey(text)).toBeUndefined();
  });

  it('never leads out of its folder', () => {
    const piece = fc.constantFrom('a', '..', '.', '/', '\\', '\0', 'A', '.md', '%2e', ' ');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const key = toObjectKey(pieces.join(''));
        if (key !== undefined) expect(key).toMatch(/^(?:a+\/)+a[a.]*\.md$/);
      }),
    );
  });
});
