import fc from 'fast-check';
import type { WritableLine } from '../../../libs/contracts/src/plain-lines';
import { SpareRooms } from '../../../libs/core/src/common/spare-rooms';
import { MessageWriter } from './message-writer';

/** A line that writes itself. */
function writable(text: string): WritableLine {
  const bytes = Buffer.from(text);
  return {
    byteLength: bytes.length,
    writeTo: (target, at) => {
      bytes.forEach((byte, index) => target.setUint8(at + index, byte));
      return at + bytes.length;
    },
  };
}

describe('MessageWriter', () => {
  it('writes every line once and in order, into messages that are within the limit unless one line is not', () => {
    const line = fc.string({ unit: 'binary', maxLength: 300 }).map((text) => JSON.stringify(text));
    fc.assert(
      fc.property(
        fc.array(line),
        fc.integer({ min: 64, max: 2000 }),
        fc.nat(5000),
        (lines, maxBytes, expected) => {
          const rooms = new SpareRooms(1024 * 1024);
          // Used before: what is left there must not be seen.
          const earlier = new MessageWriter(maxBytes, expected, rooms);
          for (let line = 0; line < 100; line++) earlier.writeLine(writable('earlier '.repeat(7)));
          for (const { ndjson } of earlier.finish()) rooms.giveBackBytes(ndjson);
          const writer = new MessageWriter(maxBytes, expected, rooms);
          for (const each of lines) {
            if (/^[ -~]*$/.test(each)) writer.writeLine(writable(each));
            else writer.write(each);
          }
          const messages = writer.finish();
          const text = messages.map(({ ndjson }) => new TextDecoder().decode(ndjson)).join('');
          expect(text).toBe(lines.map((each) => `${Buffer.from(each).toString()}\n`).join(''));
          expect(messages.reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(lines.length);
          for (const { ndjson, recordCount } of messages)
            if (recordCount > 1) expect(ndjson.length).toBeLessThanOrEqual(maxBytes);
        },
      ),
    );
  });
});
