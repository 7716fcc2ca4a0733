import fc from 'fast-check';
import { SpareRooms } from '../../../core/src/common/spare-rooms';
import { ByteWriter } from './byte-writer';
import { LineReader } from './line-reader';
import { writeMessageWords } from './message-words';
import { SEARCHABLE_CHARS, toSearchWords } from './search-words';

function written(message: string): string {
  const bytes = Buffer.from(JSON.stringify(message));
  const out = new ByteWriter(bytes.length * 3 + 1, new SpareRooms(0));
  const line = new LineReader(bytes);
  line.begin(1, bytes.length);
  expect(writeMessageWords(line, out)).toBe(true);
  expect(line.at).toBe(bytes.length - 1);
  return out.written().toString();
}

describe('writeMessageWords', () => {
  it('writes what toSearchWords says of the text', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[ -~\n\t]{0,80}$/));
    fc.assert(
      fc.property(text, (message) => {
        expect(written(message)).toBe(toSearchWords(message));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['', ''],
    ['--', ''],
    ['GET /api/v1/orders?id=42', 'get api v1 orders id 42'],
    ['say "hello"\tto \\world\\', 'say hello to world'],
    ['blk_-160 10.0.0.7:80', 'blk 160 10 0 0 7 80'],
    ['ÜBERLAUF — größe=7', 'überlauf größe 7'],
    ['接続が 拒否', '接続が 拒否'],
    ['ΛΟΓΟΣ ΛΟΓΟΣ.ΤΧΤ', 'λογος λογος τχτ'],
  ])('makes of %j the words %j', (message, words) => {
    expect(written(message)).toBe(words);
  });

  it('stops where messages cease to be searchable', () => {
    const words = written(`${'a '.repeat(SEARCHABLE_CHARS / 2)}end`);
    expect(words).toBe('a '.repeat(SEARCHABLE_CHARS / 2).trim());
  });
});
