import fc from 'fast-check';
import { SpareRooms } from './spare-rooms';

const MIB = 1024 * 1024;

describe('SpareRooms', () => {
  it('lends again what came back, the smallest that is large enough, and to one borrower only', () => {
    const rooms = new SpareRooms(8 * MIB);
    const [large, small] = [rooms.take(2 * MIB), rooms.take(MIB)];
    for (const room of [large, small]) rooms.giveBack(room);
    expect(rooms.take(MIB - 7)).toBe(small);
    expect(rooms.take(MIB)).toBe(large);
    expect([large, small]).not.toContain(rooms.take(MIB - 7));
  });

  it('never lends one piece twice, nor one that is too small, nor keeps more than it may', () => {
    const steps = fc.array(fc.option(fc.integer({ min: 1, max: 4 * MIB }), { nil: undefined }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, (given) => {
        const rooms = new SpareRooms(4 * MIB);
        const lent = new Set<Uint8Array<ArrayBuffer>>();
        for (const bytes of given) {
          const [first] = lent;
          if (bytes !== undefined) {
            const room = rooms.take(bytes);
            expect(room.length).toBeGreaterThanOrEqual(bytes);
            expect(room.length).toBeLessThanOrEqual(Math.max(2 * bytes, 64 * 1024));
            expect(room.length).toBe(room.buffer.byteLength);
            expect(lent).not.toContain(room);
            lent.add(room);
          } else if (first !== undefined) {
            lent.delete(first);
            rooms.giveBack(first);
          }
          expect(rooms.bytes).toBeLessThanOrEqual(4 * MIB);
        }
      }),
    );
  });

  it('lends exactly so many bytes, and again what came back, in part or as a whole, but nothing from elsewhere', () => {
    const rooms = new SpareRooms(8 * MIB);
    const lent = rooms.takeBytes(MIB - 7);
    expect(lent).toHaveLength(MIB - 7);
    expect(rooms.takeBytes(7)).toHaveLength(7);
    rooms.giveBackBytes(lent.subarray(10, 20));
    rooms.giveBackBytes(lent);
    rooms.giveBackBytes(new Uint8Array(MIB));
    rooms.giveBackBytes(new Uint8Array(7));
    expect(rooms.bytes).toBe(MIB);
    expect(rooms.takeBytes(MIB).buffer).toBe(lent.buffer);
    expect(rooms.takeBytes(MIB).buffer).not.toBe(lent.buffer);
  });
});
