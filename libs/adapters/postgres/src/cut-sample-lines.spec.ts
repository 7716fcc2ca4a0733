import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { encodeMetricBatch } from '../../../contracts/src/metric-batch.message';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { toIso } from '../../../core/src/common/time-range';
import type { SeriesKey } from '../../../core/src/metrics/sample';
import { scopeOfProject } from '../../../core/src/projects/project-scope';
import { cutSampleLines, textOfSeries } from './cut-sample-lines';
import { parseSampleLines } from './parse-sample-lines';

const scope = scopeOfProject(asId<ProjectId>(randomUUID()));
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
  encodeMetricBatch(
    samples.map(({ atMs, ...sample }) => ({ ...sample, projectId: scope.projectId, timestamp: toIso(atMs) })),
  ).ndjson;

describe('cutSampleLines', () => {
  it('finds in the lines of known series what a parser finds, and leaves all others alone', () => {
    const samples = fc.array(fc.tuple(aSample, fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(samples, (given) => {
        const ids = new Map<string, number>();
        for (const [sample, isKnown] of given)
          if (isKnown) ids.set(textOfSeries(scope, sample), ids.size + 1);
        const ndjson = encode(given.map(([sample]) => sample));
        const { columns, others } = cutSampleLines(ndjson, (text) => ids.get(text)) ?? {};
        const left = new Set(others?.map(({ index }) => index));
        const parsed = parseSampleLines(ndjson).samples.filter(({ index }) => !left.has(index));
        expect(columns?.seriesIds).toEqual(parsed.map(({ series }) => ids.get(textOfSeries(scope, series))));
        expect(columns?.atMs).toEqual(parsed.map(({ atMs }) => atMs));
        expect(columns?.values.map(Number)).toEqual(parsed.map(({ value }) => value));
      }),
    );
  });

  it('cuts plain lines of known series, or it would not be worth its while', () => {
    const series = { metricName: 'cpu "x"', serviceName: 'api', tags: { host: 'a', zone: 'ü' } };
    const ndjson = encode([
      { ...series, atMs: 1, value: 0.25 },
      { ...series, atMs: 2, value: -7 },
    ]);
    const idOf = (text: string) => (text === textOfSeries(scope, series) ? 7 : undefined);
    expect(cutSampleLines(ndjson, idOf)).toEqual({
      columns: { seriesIds: [7, 7], atMs: [1, 2], values: ['0.25', '-7'] },
      others: [],
    });
  });

  it.each([
    [
      'another order',
      '{"tags":{},"timestamp":"2026-01-01T00:00:00.000Z","metric_value":1,"metric_name":"m"}',
    ],
    ['no instant', '"timestamp":"2026-13-01T00:00:00.000Z","metric_value":1,'],
    ['a number that is no JSON', '"timestamp":"2026-01-01T00:00:00.000Z","metric_value":01,'],
    ['a blank', '"timestamp":"2026-01-01T00:00:00.000Z", "metric_value":1,'],
    ['an exponent', '"timestamp":"2026-01-01T00:00:00.000Z","metric_value":1e-400,'],
    ['nothing', ''],
  ])('leaves a line with %s to the parser', (_case, middle) => {
    const line = `{"project_id":"p",${middle}"tags":{}}\n`;
    const cutLines = cutSampleLines(new TextEncoder().encode(line), (text) =>
      text === '{"project_id":"p","tags":{}}' ? 1 : undefined,
    );
    expect(cutLines?.others).toEqual([{ index: 0, line: line.trimEnd() }]);
  });

  it('gives up on what is no UTF-8', () => {
    expect(cutSampleLines(new Uint8Array([0xff]), () => 1)).toBeUndefined();
  });
});
