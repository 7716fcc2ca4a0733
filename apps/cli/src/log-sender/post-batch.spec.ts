import { postTo, toOutcome } from './post-batch';
import { retryDelayMs } from './retry-delay';

const TAKEN = JSON.stringify({
  accepted: 1,
  rejected: 1,
  errors: [{ index: 1, field: 'message', reason: 'is empty' }],
});
const NONE_TAKEN = JSON.stringify({
  title: 'none',
  errors: [{ field: 'logs.0.message', reason: 'is empty' }],
});

describe('what an answer to a batch means', () => {
  it.each([
    [
      202,
      '{"accepted":2,"rejected":0,"errors":[]}',
      null,
      { kind: 'answered', rejectedCount: 0, listed: [] },
    ],
    [
      202,
      TAKEN,
      null,
      { kind: 'answered', rejectedCount: 1, listed: [{ index: 1, reason: 'message is empty' }] },
    ],
    [
      200,
      '<html>',
      null,
      { kind: 'refused', reason: 'HTTP 200, but not the answer of OpsPilot', isFinal: true },
    ],
    [
      422,
      NONE_TAKEN,
      null,
      { kind: 'answered', rejectedCount: 2, listed: [{ index: 0, reason: 'message is empty' }] },
    ],
    [
      422,
      '{"detail":"reused key","errors":[{"field":"Idempotency-Key","reason":"x"}]}',
      null,
      { kind: 'refused', reason: 'HTTP 422: reused key', isFinal: false },
    ],
    [400, '{"detail":"bad JSON"}', null, { kind: 'refused', reason: 'HTTP 400: bad JSON', isFinal: false }],
    [401, '{}', null, { kind: 'refused', reason: 'HTTP 401', isFinal: true }],
    [403, '', null, { kind: 'refused', reason: 'HTTP 403', isFinal: true }],
    [404, '', null, { kind: 'refused', reason: 'HTTP 404', isFinal: true }],
    [
      404,
      '{"code":"OPS_REQUEST_UNKNOWN_ROUTE","detail":"there is nothing at /api/ingest/logs"}',
      null,
      {
        kind: 'refused',
        reason:
          'OpsPilot is there, but not its role ingest: name the address of ingest (--url or OPSPILOT_URL)',
        isFinal: true,
      },
    ],
    [413, '', null, { kind: 'too_large' }],
    [408, '', null, { kind: 'retry', reason: 'HTTP 408', retryAfterMs: undefined }],
    [425, '', null, { kind: 'retry', reason: 'HTTP 425', retryAfterMs: undefined }],
    [429, '{"title":"full"}', '5', { kind: 'retry', reason: 'HTTP 429: full', retryAfterMs: 5000 }],
    [500, '', 'Thu, 01 Jan 1970 00:00:00 GMT', { kind: 'retry', reason: 'HTTP 500', retryAfterMs: 0 }],
    [503, '', 'soon', { kind: 'retry', reason: 'HTTP 503', retryAfterMs: undefined }],
  ])('HTTP %i %s', (status, body, retryAfter, expected) => {
    expect(toOutcome(status, body, retryAfter, 2)).toEqual(expected);
  });

  it('does not halve a single record', () => {
    expect(toOutcome(413, '', null, 1)).toEqual({ kind: 'refused', reason: 'HTTP 413', isFinal: false });
  });
});

it('says why no request could be made at all, which "fetch failed" does not', async () => {
  const post = postTo({ url: 'http://127.0.0.1:22', apiKey: 'key' });
  const batch = { number: '1', records: ['{}'], places: ['app.log:1'] };
  const { signal } = new AbortController();
  expect(await post(batch, 'run-1', signal)).toMatchObject({ kind: 'retry', reason: 'bad port' });
});

describe('the wait before the next attempt', () => {
  it.each([
    [1, 0, undefined, 125],
    [1, 1, undefined, 250],
    [4, 1, undefined, 2000],
    [50, 1, undefined, 15_000],
    [1, 0, 3000, 3000],
    [1, 0, 3_600_000, 60_000],
  ])('attempt %i, random %d, Retry-After %p', (attempt, random, retryAfterMs, expected) => {
    expect(retryDelayMs(attempt, random, retryAfterMs)).toBe(expected);
  });
});
