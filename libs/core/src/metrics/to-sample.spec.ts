import fc from 'fast-check';
import { toMetricLine } from '../../../contracts/src/metric-batch.message';
import { type ProjectId, asId } from '../common/ids';
import type { NormaliseContext } from '../ingest/normalised';
import { toSample } from './to-sample';

const CONTEXT: NormaliseContext = {
  projectId: asId<ProjectId>('00000000-0000-4000-8000-000000000001'),
  receivedAtMs: Date.UTC(2024, 0, 1, 12),
  index: 0,
  batchHash: '0123456789',
  limits: { maxMessageBytes: 1024, maxContextFields: 10, maxFutureMs: 600_000 },
  source: 'api',
};

const NO_VALUE = 'must be a number from -1e+150 to 1e+150';

describe('toSample', () => {
  it("takes the seed's body, with tags in order of key", () => {
    const input = {
      name: 'latency_ms_p95',
      value: 125.5,
      service: 'api',
      timestamp: '2024-01-01T12:00:00Z',
      tags: { method: 'GET', endpoint: '/users' },
    };
    const result = toSample(input, CONTEXT);
    expect(result).toEqual({
      ok: true,
      notes: [],
      record: {
        projectId: CONTEXT.projectId,
        metricName: 'latency_ms_p95',
        serviceName: 'api',
        tags: { endpoint: '/users', method: 'GET' },
        timestamp: '2024-01-01T12:00:00.000Z',
        value: 125.5,
      },
    });
  });

  it("takes the stored column's names too, no service, and the time of arrival", () => {
    expect(toSample({ metric_name: 'up', metric_value: 0, service_name: null }, CONTEXT)).toMatchObject({
      ok: true,
      record: { metricName: 'up', value: 0, serviceName: '', timestamp: '2024-01-01T12:00:00.000Z' },
    });
  });

  it.each<[string, unknown, string | undefined, string]>([
    ['a list', [], undefined, 'must be an object'],
    ['no name', { value: 1 }, 'name', 'is missing'],
    ['a blank name', { name: ' ', value: 1 }, 'name', 'must be text that is not blank'],
    ['a long name', { name: 'x'.repeat(201), value: 1 }, 'name', 'must have at most 200 characters'],
    ['no value', { name: 'x' }, 'value', 'is missing'],
    ['a null value', { name: 'x', value: null }, 'value', 'is missing'],
    ['a value in quotes', { name: 'x', value: '1' }, 'value', NO_VALUE],
    ['an infinite value', { name: 'x', value: JSON.parse('1e999') }, 'value', NO_VALUE],
    ['a value that no store can add up', { name: 'x', value: Number.MAX_VALUE }, 'value', NO_VALUE],
    ['such a negative value', { name: 'x', value: -1.0000000000000002e150 }, 'value', NO_VALUE],
    ['a list of tags', { name: 'x', value: 1, tags: ['a'] }, 'tags', 'must be an object of texts'],
    ['nested tags', { name: 'x', value: 1, tags: { a: {} } }, 'tags', 'must hold texts; a is nested'],
    [
      'too many tags',
      { name: 'x', value: 1, tags: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, 'v'])) },
      'tags',
      'must have at most 32 keys',
    ],
    [
      'tags that are too long together for any index',
      {
        name: 'é'.repeat(100),
        service: 'x'.repeat(101),
        value: 1,
        tags: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${10 + i}`, '€'.repeat(33)])),
      },
      'tags',
      'must have, with name and service, at most 2300 bytes in UTF-8; they have 2321',
    ],
    [
      'a service that is no text',
      { name: 'x', value: 1, service: {} },
      'service',
      'must be text of at most 128 characters',
    ],
  ])('refuses %s with field and reason', (_, input, field, reason) => {
    expect(toSample(input, CONTEXT)).toEqual({ ok: false, reason, ...(field !== undefined && { field }) });
  });

  it('takes tags that are with name and service just as long as they may be', () => {
    const tags = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`${10 + index}`, '€'.repeat(33)]),
    );
    expect(
      toSample({ name: 'é'.repeat(100), service: 'x'.repeat(80), value: 1, tags }, CONTEXT),
    ).toMatchObject({ ok: true, notes: [] });
  });

  it('takes numbers and truth values in tags as text, and notes it', () => {
    expect(
      toSample({ name: 'x', value: 1, tags: { code: 500, ok: false, none: null } }, CONTEXT),
    ).toMatchObject({
      record: { tags: { code: '500', ok: 'false' } },
      notes: ['tags: 3 were taken as text, or dropped for being null'],
    });
  });

  it('never throws, and changes nothing in a canonical sample', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u0000', '\ud800', '__proto__', ' a '),
    );
    const input = fc.oneof(
      fc.anything(),
      fc.record({
        name: fc.oneof(text, fc.anything()),
        value: fc.oneof(fc.double(), fc.anything()),
        service: fc.oneof(text, fc.anything()),
        timestamp: fc.anything(),
        tags: fc.oneof(fc.dictionary(text, fc.oneof(text, fc.double(), fc.boolean())), fc.anything()),
      }),
    );
    fc.assert(
      fc.property(input, (given) => {
        const first = toSample(given, CONTEXT);
        if (!first.ok) return;
        const json = JSON.stringify(toMetricLine(first.record));
        expect(json.replaceAll('\\\\', '')).not.toMatch(/\\u0000|\\ud[89a-f]/);
        expect(toSample(JSON.parse(json), CONTEXT)).toEqual({ ok: true, record: first.record, notes: [] });
      }),
      { numRuns: 1000 },
    );
  });
});
