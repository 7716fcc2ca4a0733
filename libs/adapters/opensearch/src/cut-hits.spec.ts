import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type GivenRecord, recordOf } from '../../../conformance/src/given-log-records.conformance';
import { encodeLogBatch } from '../../../contracts/src/log-batch.message';
import { splitLines } from '../../../contracts/src/ndjson';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { SpareRooms } from '../../../core/src/common/spare-rooms';
import { scopeOfProject } from '../../../core/src/projects/project-scope';
import { toBulkBody } from './bulk-body';
import { toLineHits } from './cut-hits';
import { LogIndexNames } from './index-names';

const scope = scopeOfProject(asId<ProjectId>(randomUUID()));

/** Everything that the cutting looks for, where it does not mean what is looked for. */
const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    ...[
      ',"words":"',
      ',"words":"","context_terms":[',
      ',"sort":[1]}',
      '"_source":{"id":"',
      ',"hits":[',
      ']}}',
    ],
    ...['\\', '"', '\\"', '}\n{', 'Größe', '\u2028'],
  ),
);
const name = fc.oneof(
  text,
  fc.constantFrom('words', 'context_terms', 'count_key', 'sort', '_source', '_index', 'hits', 'id'),
);
const value = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const given: fc.Arbitrary<GivenRecord> = fc.record({
  index: fc.nat(1000),
  message: text,
  service: text,
  context: fc.dictionary(name, value, { maxKeys: 4 }),
});

/** What OpenSearch answers: documents as they are stored, byte by byte. */
function answerOf(sources: readonly string[], total: number): Buffer {
  const hits = sources.map(
    (source, at) =>
      `{"_index":"logs-day-2026.03.10","_id":"a${at}","_score":null,"_source":${source},"sort":[${at - 2}]}`,
  );
  return Buffer.from(
    `{"took":1,"timed_out":false,"_shards":{"total":1},"hits":{"total":{"value":${total},"relation":"eq"},"max_score":null,"hits":[${hits.join(',')}]}}`,
  );
}

function stored(ndjson: Uint8Array, recordCount: number): readonly string[] {
  const body = toBulkBody(
    { ndjson, recordCount },
    scope.projectId,
    new LogIndexNames('logs'),
    new SpareRooms(0),
  );
  const lines = body.bytes.toString().trimEnd().split('\n');
  return lines.filter((_, at) => at % 2 === 1);
}

describe('toLineHits', () => {
  it('gives back each line byte by byte as it was written, whatever its texts and its context hold', () => {
    fc.assert(
      fc.property(fc.array(given, { maxLength: 5 }), fc.nat(100), (records, total) => {
        const { ndjson, recordCount } = encodeLogBatch(records.map((record) => recordOf(scope, record)));
        const answer = toLineHits(answerOf(stored(ndjson, recordCount), total));
        expect(answer.total).toBe(total);
        expect(answer.hits.map(({ ms }) => ms)).toEqual(records.map((_, at) => at - 2));
        const lines = splitLines(ndjson).map((line) => Buffer.from(line).toString());
        expect(answer.hits.map(({ line }) => line.toString())).toEqual(lines);
        expect(answer.hits.map(({ id }) => id)).toEqual(
          lines.map((line) => (JSON.parse(line) as { id: string }).id),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('keeps numbers as they were written, which parsing would not', () => {
    const { ndjson } = encodeLogBatch([recordOf(scope, { context: { n: 12345 } })]);
    const line = Buffer.from(ndjson).toString().replace('12345', '12345678901234567890.00');
    const { hits } = toLineHits(answerOf(stored(Buffer.from(line), 1), 1));
    expect(hits.map((hit) => `${hit.line.toString()}\n`)).toEqual([line]);
  });

  it('reads documents that somebody else wrote as well, also between others', () => {
    const { ndjson } = encodeLogBatch([recordOf(scope, { message: 'ours' })]);
    const [ours = ''] = stored(ndjson, 1);
    const line = JSON.parse(Buffer.from(ndjson).toString()) as Record<string, unknown>;
    const { id, ...rest } = line;
    const foreign: readonly object[] = [
      line,
      { ...rest, id },
      { ...line, words: 'a', context_terms: ['b'], count_key: 1 },
      { ...line, words: ['a'], context: { sort: [1], words: { context_terms: [] } } },
      { context_terms: [], words: 'x', ...line, sort: [[{}]] },
    ];
    for (const other of foreign)
      for (const source of [JSON.stringify(other), JSON.stringify(other, undefined, 1)])
        for (const sources of [[source], [ours, source], [source, ours], [ours, source, ours]]) {
          const { hits } = toLineHits(answerOf(sources, 1));
          expect(hits.map(({ line: cut }) => JSON.parse(cut.toString()) as object)).toEqual(
            sources.map((one) => withoutAdded(JSON.parse(one) as Record<string, unknown>)),
          );
        }
  });

  it('takes no answer that was cut short for a page', () => {
    const { ndjson } = encodeLogBatch([recordOf(scope, {}), recordOf(scope, { index: 1 })]);
    const whole = answerOf(stored(ndjson, 2), 2);
    for (let length = 0; length < whole.length; length++)
      expect(() => toLineHits(Buffer.from(whole.subarray(0, length)))).toThrow();
    expect(toLineHits(whole).hits).toHaveLength(2);
  });
});

function withoutAdded(source: Record<string, unknown>): object {
  const added = ['words', 'context_terms', 'count_key'];
  return Object.fromEntries(Object.entries(source).filter(([key]) => !added.includes(key)));
}
