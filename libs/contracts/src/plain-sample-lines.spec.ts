import fc from 'fast-check';
import { looseObjectJson } from '../../../test/support/loose-object-json';
import { type ProjectId, asId } from '../../core/src/common/ids';
import type { NormaliseContext } from '../../core/src/ingest/normalised';
import { toSample } from '../../core/src/metrics/to-sample';
import { encodeMetricBatch } from './metric-batch.message';
import { PlainSampleLines } from './plain-sample-lines';

const CONTEXT: NormaliseContext = {
  projectId: asId<ProjectId>('00000000-0000-4000-8000-000000000001'),
  receivedAtMs: Date.UTC(2024, 0, 1, 12),
  index: 0,
  batchHash: '0123456789',
  limits: { maxMessageBytes: 200, maxContextFields: 8, maxFutureMs: 600_000 },
  source: 'api',
};

/** The lines that the short way gives, each undefined where it gives none, for samples one after the other. */
function plainLines(samples: readonly string[]): readonly (string | undefined)[] {
  const bytes = Buffer.from(samples.join('\n'));
  const lines = new PlainSampleLines(bytes, CONTEXT);
  let start = 0;
  return samples.map((sample) => {
    const isPlain = lines.read(start);
    const end = start + Buffer.byteLength(sample);
    const isWhole = bytes.subarray(lines.end, end).toString().trim() === '' && lines.end <= end;
    start = end + 1;
    if (!isPlain || !isWhole) return undefined;
    const line = Buffer.alloc(lines.byteLength + 2);
    expect(lines.writeTo(new DataView(line.buffer, line.byteOffset, line.length), 1)).toBe(line.length - 1);
    return line.toString().slice(1, -1);
  });
}

/** The line that the specified way gives; undefined where something had to be refused or noted. */
function specifiedLine(json: string): string | undefined {
  const result = toSample(JSON.parse(json), CONTEXT);
  if (!result.ok || result.notes.length > 0) return undefined;
  return new TextDecoder().decode(encodeMetricBatch([result.record]).ndjson).trimEnd();
}

const text = fc.oneof(
  fc.stringMatching(/^[ -~]{0,20}$/),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"quoted" \\', ' padded ', '}', '', 'x'.repeat(129), 'x'.repeat(201)),
);
const numberJson = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
  fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/),
  fc.constantFrom(
    '-0',
    '0',
    '-0.0',
    '1.0',
    '1.50',
    '0.0000001',
    '0.01',
    '1e3',
    '1e999',
    '1e150',
    '1.7976931348623157e308',
    '12345678901234567890',
  ),
);
const tagKey = fc.oneof(fc.constantFrom('a', 'b', 'a!', 'host', '0', '10', '', '__proto__'), text);
const tagsJson = fc
  .array(
    fc.tuple(
      tagKey,
      fc.oneof({ weight: 5, arbitrary: text.map((value) => JSON.stringify(value)) }, numberJson),
    ),
    {
      maxLength: 4,
    },
  )
  .map((tags) => `{${tags.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(',')}}`);
const longTags = (count: number): string =>
  JSON.stringify(
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${10 + i}`, 'v'.repeat(120)])),
  );
const manyTagsJson = fc.integer({ min: 14, max: 20 }).map(longTags);
const otherJson = fc.oneof(
  text.map((value) => JSON.stringify(value)),
  numberJson,
  tagsJson,
  fc.constantFrom('null', 'true', '[]', '"\\u0041"', '"\\/"'),
);
const timestampJson = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => JSON.stringify(date.toISOString())),
  fc.constantFrom(
    '"2024-01-01T10:00:00.123456Z"',
    '"2024-01-01 10:00:00+02:00"',
    '1704103200000',
    '1704103200.5',
    '"1704103200"',
    '" "',
    '""',
  ),
  otherJson,
);
const field = fc.oneof(
  fc.tuple(
    fc.constantFrom('name', 'metric_name', 'service', 'service_name'),
    text.map((value) => JSON.stringify(value)),
  ),
  fc.tuple(fc.constantFrom('value', 'metric_value'), fc.oneof(numberJson, otherJson)),
  fc.tuple(fc.constant('timestamp'), timestampJson),
  fc.tuple(fc.constant('tags'), fc.oneof(tagsJson, manyTagsJson, otherJson)),
  fc.tuple(fc.constantFrom('name', 'service', 'unit', 'nam', '__proto__'), otherJson),
);
const sampleJson = looseObjectJson(['"name":"latency_ms"', '"value":12.5', '"service":"cart"'], field, 3);

describe('PlainSampleLines', () => {
  it('gives, wherever it gives a line, exactly the line that parsing and normalising give', () => {
    fc.assert(
      fc.property(fc.array(sampleJson, { maxLength: 3 }), (samples) => {
        plainLines(samples).forEach((line, index) => {
          if (line !== undefined) expect(line).toBe(specifiedLine(samples[index] ?? ''));
        });
      }),
      { numRuns: 3000 },
    );
  });

  it('gives a line for nearly all samples of real programs', () => {
    const usual = fc.record(
      {
        tags: fc.record({
          method: fc.constantFrom('GET', 'PUT'),
          endpoint: fc.constantFrom('/users/{id}', '/'),
        }),
        name: fc.stringMatching(/^[a-z][a-z_.]{0,30}$/),
        value: fc.oneof(
          fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value || 0),
          fc.integer(),
        ),
        service: fc.constantFrom('cart', 'checkout-api'),
        timestamp: fc
          .date({ min: new Date(0), max: new Date(CONTEXT.receivedAtMs), noInvalidDate: true })
          .map((date) => date.toISOString()),
      },
      { requiredKeys: ['name', 'value'] },
    );
    fc.assert(
      fc.property(fc.array(usual, { maxLength: 3 }), (samples) => {
        const jsons = samples.map((sample) => JSON.stringify(sample));
        expect(plainLines(jsons)).toEqual(jsons.map(specifiedLine));
      }),
    );
  });

  it.each([
    ['a repeated name', '{"name":"m","value":1,"metric_name":"n"}'],
    ['repeated tags', '{"name":"m","value":1,"tags":{},"tags":{"a":"1"}}'],
    ['a field of no meaning', '{"name":"m","value":1,"unit":"ms"}'],
    ['a number as tag', '{"name":"m","value":1,"tags":{"code":500}}'],
    ['a tag that sorts first', '{"name":"m","value":1,"tags":{"b":"","1":""}}'],
    ['tags that are too long together', `{"name":"m","value":1,"tags":${longTags(19)}}`],
    ['bytes beyond ASCII', '{"name":"grün","value":1}'],
    ['an infinite value', '{"name":"m","value":1e999}'],
    ['a value that no store can add up', '{"name":"m","value":-1.7976931348623157e308}'],
    ['a broken number', '{"name":"m","value":01}'],
    ['no value', '{"name":"m"}'],
    ['no end', '{"name":"m","value":1'],
    ['no name', '{}'],
    ['a comma too many', '{"name":"m","value":1,}'],
    ['no colon', '{"name" "m","value":1}'],
    ['a timestamp to be noted', '{"name":"m","value":1,"timestamp":"soon"}'],
  ])('leaves %s to parsing', (_, json) => {
    expect(plainLines([json])).toEqual([undefined]);
  });
});
