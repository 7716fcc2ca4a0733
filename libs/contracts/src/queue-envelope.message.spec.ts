import fc from 'fast-check';
import { asId, type ProjectId } from '../../core/src/common/ids';
import { SpareRooms } from '../../core/src/common/spare-rooms';
import { type QueueEnvelope, decodeEnvelope, encodeEnvelope, sizeOfEnvelope } from './queue-envelope.message';

const part = fc.record({
  attempts: fc.nat(1000),
  message: fc.record({
    projectId: fc.uuid().map((id) => asId<ProjectId>(id)),
    requestId: fc.string(),
    recordCount: fc.nat(),
    ndjson: fc.uint8Array({ maxLength: 200 }),
  }),
});
const envelope: fc.Arbitrary<QueueEnvelope> = fc.record(
  {
    publishedAtMs: fc.nat(),
    parts: fc.array(part, { maxLength: 5 }),
    dead: fc.record({ reason: fc.string(), failedAtMs: fc.nat() }),
  },
  { requiredKeys: ['publishedAtMs', 'parts'] },
);

describe('queue envelope', () => {
  it('is known by its size before it is written', () => {
    fc.assert(
      fc.property(envelope, (given) => expect(sizeOfEnvelope(given)).toBe(encodeEnvelope(given).length)),
    );
  });

  it('comes back as it was put in, whatever the bytes of its parts', () => {
    fc.assert(
      fc.property(envelope, (given) => {
        const decoded = decodeEnvelope(encodeEnvelope(given));
        const plain = (one: QueueEnvelope | undefined) =>
          JSON.stringify({
            ...one,
            parts: one?.parts.map((each) => ({
              ...each,
              message: { ...each.message, ndjson: [...each.message.ndjson] },
            })),
          });
        expect(JSON.parse(plain(decoded))).toEqual(JSON.parse(plain(given)));
      }),
    );
  });

  it('is the same in memory that was used before', () => {
    const rooms = new SpareRooms(1024 * 1024);
    rooms.giveBackBytes(rooms.takeBytes(64 * 1024).fill(1));
    fc.assert(
      fc.property(envelope, fc.constantFrom(0, 5000, 60_000), (given, bytes) => {
        const large = { projectId: asId<ProjectId>('p'), requestId: 'r', recordCount: 1 };
        const message = { ...large, ndjson: new Uint8Array(bytes).fill(2) };
        const whole = { ...given, parts: [...given.parts, { message, attempts: 0 }] };
        const encoded = encodeEnvelope(whole, rooms);
        expect(encoded.equals(encodeEnvelope(whole))).toBe(true);
        rooms.giveBackBytes(encoded);
      }),
    );
  });

  it('is told from foreign, cut and lengthened bytes, and never throws at them', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeEnvelope(bytes)).toBeUndefined();
      }),
    );
    const whole = encodeEnvelope({
      publishedAtMs: 1,
      parts: [
        {
          attempts: 0,
          message: {
            projectId: asId<ProjectId>('p'),
            requestId: 'r',
            recordCount: 1,
            ndjson: Buffer.from('{}\n'),
          },
        },
      ],
    });
    for (let end = 0; end < whole.length; end++)
      expect(decodeEnvelope(whole.subarray(0, end))).toBeUndefined();
    expect(decodeEnvelope(Buffer.concat([whole, Buffer.from('x')]))).toBeUndefined();
  });

  it('refuses a count that is no number before anything is sent', () => {
    const message = {
      projectId: asId<ProjectId>('p'),
      requestId: 'r',
      recordCount: Number.NaN,
      ndjson: new Uint8Array(),
    };
    expect(() => encodeEnvelope({ publishedAtMs: 1, parts: [{ message, attempts: 0 }] })).toThrow(TypeError);
  });
});
