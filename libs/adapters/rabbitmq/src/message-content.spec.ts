import fc from 'fast-check';
import { compressSync } from 'snappy';
import { MAX_CONTENT_BYTES, packContent, unpackContent } from './message-content';

const SNAPPY = { contentEncoding: 'snappy' };
/** Some that repeat, as lines of JSON do, and some that nothing makes smaller; both from too short to compress on. */
const bytes = fc
  .tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 60 }), fc.boolean())
  .map(([piece, times, isMixed]) =>
    Buffer.concat(
      Array.from({ length: times }, (_, at) => (isMixed ? piece.map((byte, i) => byte ^ (at * i)) : piece)),
    ),
  );
const compressible = Buffer.from('{"level":"info","message":"a request took 12 ms"}\n'.repeat(200));

describe('message content', () => {
  it('comes back as it was, and is never larger on its way', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        const packed = packContent(given);
        expect(unpackContent(packed)?.equals(given)).toBe(true);
        expect(packed.content.length).toBeLessThanOrEqual(given.length);
      }),
    );
  });

  it('is compressed where that pays, and says so', () => {
    const packed = packContent(compressible);
    expect(packed.properties).toEqual(SNAPPY);
    expect(packed.content.length).toBeLessThan(compressible.length / 3);
  });

  it('stays as it is where it is short', () => {
    const short = compressible.subarray(0, 1000);
    expect(packContent(short)).toEqual({ content: short, properties: {} });
  });

  it('without an encoding is what it is, also where it looks compressed', () => {
    const { content } = packContent(compressible);
    expect(unpackContent({ content, properties: {} })).toBe(content);
    expect(unpackContent({ content, properties: { contentEncoding: undefined } })).toBe(content);
  });

  it('is none where it is larger than what is published, compressed or not', () => {
    const content = Buffer.alloc(MAX_CONTENT_BYTES + 1);
    expect(unpackContent({ content, properties: {} })).toBeUndefined();
    expect(unpackContent({ content: content.subarray(1), properties: {} })).toHaveLength(MAX_CONTENT_BYTES);
  });

  it('is none where the encoding is unknown', () => {
    fc.assert(
      fc.property(
        fc.anything().filter((encoding) => encoding !== undefined && encoding !== 'snappy'),
        (contentEncoding) => {
          const { content } = packContent(compressible);
          expect(unpackContent({ content, properties: { contentEncoding } })).toBeUndefined();
        },
      ),
    );
  });

  it('is none where the block was cut or has more behind it', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 20 }), (given, at, more) => {
        const block = compressSync(given);
        const cut = block.subarray(0, at % block.length);
        expect(unpackContent({ content: cut, properties: SNAPPY })).toBeUndefined();
        const longer = Buffer.concat([block, more]);
        expect(unpackContent({ content: longer, properties: SNAPPY })).toBeUndefined();
      }),
    );
  });

  it('is none or as long as it says where bytes of the block are others', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, at, change) => {
        const block = Buffer.from(compressSync(given));
        // Behind the length, which takes three bytes at most.
        const place = 3 + (at % block.length);
        block[place] = (block[place] ?? 0) ^ change;
        const unpacked = unpackContent({ content: block, properties: SNAPPY });
        if (unpacked !== undefined) expect(unpacked).toHaveLength(given.length);
      }),
    );
  });

  it('is none where the bytes are no block', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (given) => {
        const content = Buffer.from(given);
        const unpacked = unpackContent({ content, properties: SNAPPY });
        if (unpacked !== undefined) expect(unpacked.length).toBeLessThanOrEqual(64 * content.length);
      }),
    );
  });

  it('is none where it says that it holds more than a message may, and all of it where it holds as much as that', () => {
    const most = Buffer.alloc(MAX_CONTENT_BYTES);
    expect(unpackContent(packContent(most))?.length).toBe(MAX_CONTENT_BYTES);
    expect(unpackContent(packContent(Buffer.alloc(MAX_CONTENT_BYTES + 1)))).toBeUndefined();
    for (const length of ['ffffffff0f', 'ffffffffff01', '8080808008'])
      expect(
        unpackContent({ content: Buffer.from(`${length}00`, 'hex'), properties: SNAPPY }),
      ).toBeUndefined();
  });
});
