import fc from 'fast-check';
import { SpareRooms } from '../../core/src/common/spare-rooms';
import { BodyPieces } from './body-pieces';

const MOST_BYTES = 600_000;
/** What a room may be larger than what has come. */
const MOST_ROOM_TIMES = 4;

class CountedRooms extends SpareRooms {
  lentBytes = 0;

  override takeBytes(byteLength: number): Uint8Array<ArrayBuffer> {
    this.lentBytes += byteLength;
    return super.takeBytes(byteLength);
  }

  override giveBackBytes(bytes: Uint8Array): void {
    this.lentBytes -= bytes.length;
    super.giveBackBytes(bytes);
  }
}

const sizes = fc
  .tuple(fc.constantFrom(1, 50, 20_000), fc.array(fc.nat(1000), { minLength: 1, maxLength: 200 }))
  .map(([most, given]) => given.map((size) => 1 + (size % most)));

describe('BodyPieces', () => {
  it('puts together what came, in pieces of any size and number, whether its length was announced or not', () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), (lengths, isAnnounced) => {
        const length = lengths.reduce((sum, each) => sum + each, 0);
        const rooms = new CountedRooms(1_000_000);
        const subject = new BodyPieces(rooms, isAnnounced ? length : Math.max(length, MOST_BYTES));
        const sent = lengths.map((each, at) => Buffer.alloc(each, at));
        const expected = Buffer.concat(sent);
        for (const piece of sent) subject.add(piece);
        const whole = subject.whole();
        expect(whole.equals(expected)).toBe(true);
        expect(rooms.lentBytes).toBeLessThanOrEqual(MOST_ROOM_TIMES * length);
      }),
    );
  });

  it('takes no room for what is only announced', () => {
    const rooms = new CountedRooms(0);
    const subject = new BodyPieces(rooms, MOST_BYTES);
    let received = 0;
    for (; received < MOST_BYTES; received += 20_000) {
      expect(rooms.lentBytes).toBeLessThanOrEqual(MOST_ROOM_TIMES * received);
      subject.add(Buffer.alloc(20_000));
    }
    expect(rooms.lentBytes).toBe(MOST_BYTES);
  });

  it('keeps no small pieces by themselves, each of which takes more than it brings', () => {
    const subject = new BodyPieces(new CountedRooms(0), MOST_BYTES);
    const pieces = Array.from({ length: 5000 }, () => Buffer.from('a'));
    for (const piece of pieces) subject.add(piece);
    for (const piece of pieces) piece.write('b');
    expect(subject.whole().toString()).toBe('a'.repeat(5000));
  });

  it('gives its room back when the body is thrown away', () => {
    const rooms = new CountedRooms(0);
    const subject = new BodyPieces(rooms, MOST_BYTES);
    for (let count = 0; count < 10; count++) subject.add(Buffer.alloc(50_000));
    expect(rooms.lentBytes).toBe(MOST_BYTES);
    subject.drop();
    expect(rooms.lentBytes).toBe(0);
  });
});
