import fc from 'fast-check';
import { asId, type ProjectId } from '../../core/src/common/ids';
import { type QueueEnvelope, decodeEnvelope, encodeEnvelope } from './queue-envelope.message';

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
