import fc from 'fast-check';
import { SpareRooms } from '../../../libs/core/src/common/spare-rooms';
import { type ProjectId, asId } from '../../../libs/core/src/common/ids';
import { RawBody } from '../../../libs/http/src/raw-body';
import type { NormalisedBatch } from './batch-draft';
import { type IngestKind, LOGS, METRICS } from './ingest-kind';
import { normaliseBatch } from './normalise-batch';

const OPTIONS = {
  maxMessageBytes: 4096,
  maxRecords: 10_000,
  rooms: new SpareRooms(1024 * 1024),
  context: {
    projectId: asId<ProjectId>('00000000-0000-4000-8000-000000000001'),
    receivedAtMs: Date.UTC(2024, 0, 1, 12),
    batchHash: '0123456789',
    source: 'api',
    limits: { maxMessageBytes: 1024, maxContextFields: 10, maxFutureMs: 600_000 },
  },
};

function normalise(records: readonly unknown[] | RawBody, options = OPTIONS) {
  return normaliseAll(LOGS, records, options);
}

function normaliseAll<Item>(
  kind: IngestKind<Item>,
  records: readonly unknown[] | RawBody,
  options = OPTIONS,
) {
  const slices = normaliseBatch(kind, records, options);
  let count = 1;
  let slice = slices.next();
  for (; slice.done !== true; slice = slices.next()) count++;
  return { slices: count, ...slice.value };
}

function bytesOf({ messages }: NormalisedBatch): string {
  return Buffer.concat(messages.map(({ ndjson }) => ndjson)).toString();
}

const plain = fc.record({
  level: fc.constantFrom('info', 'ERROR'),
  message: fc.stringMatching(/^[a-z0-9 "]{1,60}$/),
  service: fc.constant('cart'),
  context: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(fc.nat(), fc.string()), { maxKeys: 3 }),
});
const record = fc.oneof({ weight: 3, arbitrary: plain }, fc.jsonValue());

describe('normaliseBatch', () => {
  // Where each line is looked for from where the last one ended, this takes days.
  it.each(['\n', ' \n', '\r\n', '\t'])('passes over a megabyte of %j in one look', (blank) => {
    const record = '{"level":"info","service":"a","message":"m"}';
    const blanks = blank.repeat(1024 * 1024);
    const expected = normalise(new RawBody(Buffer.from(record), 'lines'));
    for (const lines of [`${blanks}${record}`, `${record}\n${blanks}`]) {
      const normalised = normalise(new RawBody(Buffer.from(lines), 'lines'));
      expect(bytesOf(normalised)).toBe(bytesOf(expected));
      expect(normalised.report).toEqual(expected.report);
    }
  });

  it('makes of an envelope, an array and lines what it makes of the parsed records', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), fc.boolean(), (records, isSpaced) => {
        const parsed = JSON.parse(JSON.stringify(records)) as unknown[];
        const expected = normalise(parsed);
        const json = JSON.stringify(records, null, isSpaced ? ' ' : '');
        const lines = parsed.map((each) => JSON.stringify(each)).join(isSpaced ? ' \r\n\n' : '\n');
        for (const body of [
          new RawBody(Buffer.from(json), 'json'),
          new RawBody(Buffer.from(` {"logs" :${json}}\n`), 'json'),
          new RawBody(Buffer.from(`{"more":1,"logs":${json}}`), 'json'),
          new RawBody(Buffer.from(lines), 'lines'),
        ]) {
          const normalised = normalise(body);
          expect(bytesOf(normalised)).toBe(bytesOf(expected));
          expect(normalised.report).toEqual(expected.report);
        }
      }),
    );
  });

  it('makes the same of requests that are larger than what it looks at together, taken in turns', () => {
    // A kilobyte to 200, some of them with what must be parsed.
    const large = fc.record({
      level: fc.constantFrom('info', 'ERROR'),
      message: fc
        .tuple(fc.constantFrom('a', 'b7 ', 'é'), fc.integer({ min: 200, max: 40_000 }))
        .map(([text, times]) => text.repeat(times)),
      service: fc.constant('cart'),
    });
    const options = {
      ...OPTIONS,
      maxMessageBytes: 300_000,
      context: { ...OPTIONS.context, limits: { ...OPTIONS.context.limits, maxMessageBytes: 100_000 } },
    };
    fc.assert(
      fc.property(fc.array(large, { minLength: 20, maxLength: 60 }), (records) => {
        const expected = normalise(records, options);
        const lines = Buffer.from(records.map((each) => JSON.stringify(each)).join('\n'));
        const inTurns = [
          normaliseBatch(LOGS, new RawBody(lines, 'lines'), options),
          normaliseBatch(LOGS, new RawBody(Buffer.from(JSON.stringify(records)), 'json'), options),
        ];
        const done: NormalisedBatch[] = [];
        while (done.length < inTurns.length)
          for (const each of inTurns) {
            const slice = each.next();
            if (slice.done === true && slice.value !== undefined) done.push(slice.value);
          }
        for (const normalised of done) {
          expect(bytesOf(normalised) === bytesOf(expected)).toBe(true);
          expect(normalised.report).toEqual(expected.report);
          for (const { ndjson, recordCount } of normalised.messages)
            if (recordCount > 1) expect(ndjson.length).toBeLessThanOrEqual(options.maxMessageBytes);
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['a missing bracket', '{"logs":[{"message":"a"}'],
    ['a missing comma', '[{"message":"a"} {"message":"b"}]'],
    ['a comma too many', '[{"message":"a"},]'],
    ['an empty place', '[,{"message":"a"}]'],
    ['text behind it', '[{"message":"a"}] x'],
    ['a broken record', '[{"message":"a"},{"message":}]'],
    ['a broken plain record', '[{"level":"info","service":"a","message":"a",}]'],
  ])('refuses all of a body with %s', (_, json) => {
    const body = new RawBody(Buffer.from(json), 'json');
    expect(() => normalise(body)).toThrow(expect.objectContaining({ code: 'OPS_REQUEST_MALFORMED' }));
  });

  it('replaces what is no UTF-8, and takes each line by itself, even where a record would go on in the next', () => {
    const latin1 = Buffer.from('{"level":"info","service":"a","message":"gr\u00fcn"}', 'latin1');
    expect(bytesOf(normalise(new RawBody(latin1, 'lines')))).toContain('"message":"gr\uFFFDn"');
    const split =
      '{"level":"info","service":"a",\n"message":"m"}\n{"level":"info","service":"a","message":"n"}';
    const { report } = normalise(new RawBody(Buffer.from(split), 'lines'));
    expect(report).toMatchObject({ accepted: 1, rejected: 2 });
  });

  it('does a large body in slices, and counts records in all of them', () => {
    const lines = Array.from({ length: 1600 }, () => '{"level":"info","service":"a","message":"m"}').join(
      '\n',
    );
    const body = new RawBody(Buffer.from(lines), 'lines');
    expect(normalise(body)).toMatchObject({ slices: 4, report: { accepted: 1600 } });
    expect(() => normalise(body, { ...OPTIONS, maxRecords: 1599 })).toThrow(
      expect.objectContaining({ kind: 'too_large' }),
    );
  });
});

describe('normaliseBatch of samples', () => {
  const NOTE = [expect.stringMatching(/^timestamp: .*only one of them is kept/)];
  const ARRIVAL = new Date(OPTIONS.context.receivedAtMs).toISOString();

  /** The indices of samples with the note, however they are sent. */
  function notedIn(samples: readonly object[]): readonly number[] {
    const json = JSON.stringify(samples);
    const bodies = [
      samples,
      new RawBody(Buffer.from(json), 'json'),
      new RawBody(Buffer.from(`{"more":1,"metrics":${json}}`), 'json'),
      new RawBody(Buffer.from(samples.map((sample) => JSON.stringify(sample)).join('\n')), 'lines'),
    ];
    const reports = bodies.map((body) => normaliseAll(METRICS, body).report);
    for (const report of reports) expect(report).toEqual(reports[0]);
    const { accepted, notes = [] } = reports[0] ?? {};
    expect(accepted).toBe(samples.length);
    for (const noted of notes) expect(noted.notes).toEqual(NOTE);
    return notes.map(({ index }) => index);
  }

  it('notes samples without timestamps that repeat a series, of which only one is kept', () => {
    const sample = { name: 'orders', value: 1, service: 'shop' };
    expect(notedIn([sample, sample, { ...sample, value: 2 }])).toEqual([1, 2]);
  });

  it('knows a series again however it is written, with names and tags that must be parsed or put in order', () => {
    const tags = { a: 'x', b: 'y' };
    expect(
      notedIn([
        { name: 'orders', value: 1, service: 'shop', tags },
        { metric_name: 'orders', value: 1, service_name: 'shop', tags: { b: 'y', a: 'x' } },
        { value: 3, name: 'orders', unit: 'none', service: 'shop', tags, timestamp: '' },
        { name: 'orders', value: 1, service: 'shop', tags, timestamp: ARRIVAL },
        { name: 'grün', value: 1, service: 'shop' },
        { name: 'grün', value: 2, service: 'shop', tags: {} },
      ]),
    ).toEqual([1, 2, 3, 5]);
  });

  it('notes nothing where series or instants differ, or a record was refused', () => {
    const sample = { name: 'orders', value: 1, service: 'shop' };
    expect(
      notedIn([
        sample,
        { ...sample, service: 'cart' },
        { ...sample, tags: { host: 'a' } },
        { name: 'orders', value: 1 },
        { ...sample, timestamp: '2024-01-01T11:59:59.999Z' },
      ]),
    ).toEqual([]);
    const refused = normaliseAll(METRICS, [{ ...sample, value: 'one' }, sample]);
    expect(refused.report).toMatchObject({ accepted: 1, rejected: 1, notes: [] });
  });

  it('notes nothing of a request that is read again as a whole, for what its first reading saw', () => {
    const text = '{"metrics":[{"name":"orders","value":1}],"metrics_count":1}';
    expect(normaliseAll(METRICS, new RawBody(Buffer.from(text), 'json')).report).toMatchObject({
      accepted: 1,
      notes: [],
    });
  });
});
