import fc from 'fast-check';
import { EVALUATION_ORIGINS } from '../../core/src/alerting/evaluation-request';
import { decodeEvaluationRequest, encodeEvaluationRequest } from './evaluation-request.message';
import { splitLines } from './ndjson';

describe('evaluation requests in the queue', () => {
  it('come out as they went in, one a line', () => {
    const requests = fc.record({
      origin: fc.constantFrom(...EVALUATION_ORIGINS),
      requestedAtMs: fc.integer({ min: 0, max: Date.UTC(9999, 0) }),
    });
    fc.assert(
      fc.property(requests, (request) => {
        const { ndjson, recordCount } = encodeEvaluationRequest(request);
        const lines = splitLines(ndjson);
        expect([recordCount, lines.length]).toEqual([1, 1]);
        expect(lines.map(decodeEvaluationRequest)).toEqual([request]);
      }),
    );
  });

  it.each([
    ['no JSON', '{'],
    ['another shape', '[]'],
    ['an origin that nobody knows', '{"origin":"moon","requested_at":"2026-01-15T12:00:00.000Z"}'],
    ['no time', '{"origin":"api"}'],
    ['a time that is none', '{"origin":"api","requested_at":"yesterday"}'],
  ])('are told from %s', (_what, text) => {
    expect(decodeEvaluationRequest(new TextEncoder().encode(text))).toBeUndefined();
  });

  it('are told from any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeEvaluationRequest(bytes)).toBeUndefined();
      }),
    );
  });
});
