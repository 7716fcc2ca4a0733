import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { encodeMetricBatch } from '../../../contracts/src/metric-batch.message';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { toIso } from '../../../core/src/common/time-range';
import type { SeriesKey } from '../../../core/src/metrics/sample';
import { KnownSeries } from './known-series';
import { cutSampleLines, textOfSeries } from './cut-sample-lines';
import { splitLines } from '../../../contracts/src/ndjson';
import { parseSampleLines } from './parse-sample-lines';

const projectId = asId<ProjectId>(randomUUID());
const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.replaceAll(/\p{Surrogate}/gu, '')),
  fc.constantFrom('"timestamp":"', '","metric_value":1,"tags":', 'timestamp', 'metric_value', '1', '{}'),
);
const aSample = fc.record({
  metricName: word,
  serviceName: word,
  tags: fc.dictionary(word, word, { maxKeys: 4 }),
  atMs: fc.integer({ min: 0, max: 4e12 }),
  value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constant(1e21)),
});

const encode = (samples: readonly (SeriesKey & { atMs: number; value: number })[]) =>
  encodeMetricBatch(samples.map(({ atMs, ...sample }) => ({ ...sample, projectId, timestamp: toIso(atMs) })))
    .ndjson;

/** As series 7. */
function knownBy(text: string): KnownSeries {
  const known = new KnownSeries(1);
  known.add(projectId, text, 7);
  return known;
}

describe('cutSampleLines', () => {
  it('finds in the lines of known series what a parser finds, and leaves all others alone', () => {
    // Twice the same, so that what comes after a series is also known.
    const samples = fc
      .array(fc.tuple(aSample, fc.boolean()), { maxLength: 20 })
      .map((given) => [...given, ...given]);
    fc.assert(
      fc.property(samples, (given) => {
        const known = new KnownSeries(100);
        const ids = new Map<string, number>();
        for (const [sample, isKnown] of given) {
          const text = textOfSeries(sample);
          if (!isKnown || ids.has(text)) continue;
          ids.set(text, ids.size + 1);
          known.add(projectId, text, ids.size);
        }
        const ndjson = encode(given.map(([sample]) => sample));
        const lines = splitLines(ndjson);
        const { columns, others } = cutSampleLines(ndjson, projectId, known);
        for (const { index, line } of others) expect(line).toEqual(lines[index]);
        const left = new Set(others.map(({ index }) => index));
        const parsed = parseSampleLines(lines).samples.filter(({ index }) => !left.has(index));
        expect(columns.seriesIds).toEqual(parsed.map(({ series }) => ids.get(textOfSeries(series))));
        expect(columns.atMs).toEqual(parsed.map(({ atMs }) => atMs));
        expect(columns.values).toEqual(parsed.map(({ value }) => value));
        expect(columns.lines).toEqual(parsed.map(({ index }) => index));
      }),
    );
  });

  it('reads numbers as a parser does', () => {
    const decimal = fc.oneof(
      fc.stringMatching(/^-?\d{1,18}(\.\d{1,18})?$/),
      fc.stringMatching(/^-?[0.1e+]{1,6}$/),
      fc.nat(400).map((zeros) => `1${'0'.repeat(zeros)}.5`),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    );
    fc.assert(
      fc.property(decimal, (written) => {
        const line = `{"timestamp":"2026-01-01T00:00:00.000Z","metric_value":${written},"tags":{}}`;
        const { columns } = cutSampleLines(Buffer.from(line), projectId, knownBy('"tags":{}}'));
        if (columns.values.length > 0) expect(columns.values).toEqual([JSON.parse(written)]);
        else expect(written).not.toMatch(/^-?(0|[1-9]\d{0,20})(\.\d+)?$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('cuts plain lines of known series, or it would not be worth its while', () => {
    const series = { metricName: 'cpu "x"', serviceName: 'api', tags: { host: 'a', zone: 'ü' } };
    const ndjson = encode([
      { ...series, atMs: 1, value: 0.25 },
      { ...series, atMs: 2, value: -7 },
      { ...series, atMs: 2, value: 0.1 + 0.2 },
    ]);
    expect(cutSampleLines(ndjson, projectId, knownBy(textOfSeries(series)))).toEqual({
      columns: { seriesIds: [7, 7, 7], atMs: [1, 2, 2], values: [0.25, -7, 0.1 + 0.2], lines: [0, 1, 2] },
      others: [],
    });
  });

  it.each([
    ['another order', '"tags":{},"timestamp":"2026-01-01T00:00:00.000Z","metric_value":1,'],
    ['no instant', '"timestamp":"2026-13-01T00:00:00.000Z","metric_value":1,'],
    ['a number that is no JSON', '"timestamp":"2026-01-01T00:00:00.000Z","metric_value":01,'],
    ['a blank', '"timestamp":"2026-01-01T00:00:00.000Z", "metric_value":1,'],
    ['an exponent', '"timestamp":"2026-01-01T00:00:00.000Z","metric_value":1e-400,'],
    ['an unknown series', '"timestamp":"2026-01-01T00:00:00.000Z","metric_value":1,"metric_name":"m",'],
    ['nothing', ''],
  ])('leaves a line with %s to the parser', (_case, start) => {
    const line = new TextEncoder().encode(`{${start}"tags":{}}`);
    const cutLines = cutSampleLines(line, projectId, knownBy('"tags":{}}'));
    expect(cutLines.others).toEqual([{ index: 0, line }]);
  });
});
