import { MessageRoom } from './message-room';

const BYTES = 8192;

function messageIn(room: Buffer) {
  return { ndjson: room.subarray(0, 10), recordCount: 1 };
}

describe('MessageRoom', () => {
  it('lends again what came back, to one borrower only', () => {
    const room = new MessageRoom(BYTES);
    const first = room.take(BYTES);
    room.giveBack([messageIn(first), messageIn(first)]);
    const second = room.take(BYTES);
    expect(second.buffer).toBe(first.buffer);
    expect(second).toHaveLength(BYTES);
    expect(room.take(BYTES).buffer).not.toBe(first.buffer);
  });

  it('takes nothing that it did not lend, such as memory that Node shares among small buffers', () => {
    const room = new MessageRoom(BYTES);
    const foreign = Buffer.alloc(BYTES);
    room.giveBack([messageIn(foreign), messageIn(room.take(100))]);
    expect(room.take(BYTES).buffer).not.toBe(foreign.buffer);
    expect(room.take(BYTES).byteOffset).toBe(0);
  });
});
