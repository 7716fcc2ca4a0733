import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { newScope } from '../../../../test/support/new-scope';
import { openSearchForEach } from '../../../../test/support/opensearch-specs';
import { recordOf } from '../../../conformance/src/given-log-records.conformance';
import { encodeLogBatch } from '../../../contracts/src/log-batch.message';
import { type RangeEnd, searchRangeEnd } from './search-range-end';

const FROM_MS = Date.parse('2026-03-10T12:00:00Z');
const LENGTH_MS = 25_600_000;
/** A 256th of the range, where is looked first. */
const FIRST_MS = 100_000;
const RANGE = { fromMs: FROM_MS, toMs: FROM_MS + LENGTH_MS };

interface Asked {
  readonly size: number;
  readonly track_total_hits: boolean;
  readonly query: { readonly bool: { readonly filter: readonly unknown[] } };
}

describeWithEngine('opensearch', 'searchRangeEnd', (url) => {
  const subject = openSearchForEach(url);
  const scope = newScope();

  /** Puts a record at each place, in milliseconds from the beginning. */
  async function put(places: readonly number[]): Promise<void> {
    const records = places.map((place, index) =>
      recordOf(scope, { at: new Date(FROM_MS + place).toISOString(), index }),
    );
    await subject.store.ensurePartitions(0);
    await subject.store.write(scope, encodeLogBatch(records));
  }

  /** Two records next to an end: where they are, and where they were looked for. */
  async function look(end: Pick<RangeEnd, 'side' | 'startMs'>, range = RANGE) {
    const { connection, prefix } = subject;
    const send = jest.spyOn(connection, 'send');
    const order = end.side === 'before' ? 'desc' : 'asc';
    const found = await searchRangeEnd(
      { connection, indices: [`${prefix}-*`], query: { match_all: {} } },
      { range, ...end },
      { size: 2, sort: [{ timestamp: { order } }] },
    );
    const asked = send.mock.calls.flatMap(([{ lines, body }]) =>
      lines === undefined ? [JSON.stringify(body)] : String(lines).trim().split('\n'),
    );
    send.mockRestore();
    return {
      places: found?.hits.map(({ sort: [ms] }) => Number(ms) - FROM_MS),
      total: found?.total?.value,
      looked: asked
        .map((text) => JSON.parse(text) as Asked)
        .filter(({ size }) => size > 0)
        .map(partOf),
    };
  }

  function partOf({ query, track_total_hits }: Asked): readonly number[] {
    // One that counts goes through all records.
    expect(track_total_hits).toBe(false);
    const { range } = query.bool.filter[1] as { range: { timestamp: { gte: number; lt: number } } };
    return [range.timestamp.gte - FROM_MS, range.timestamp.lt - FROM_MS];
  }

  /** So many, spread evenly. */
  const spread = (count: number) =>
    Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * LENGTH_MS) / count));
  const END = { side: 'before', startMs: RANGE.toMs } as const;
  const BEGINNING = { side: 'from', startMs: RANGE.fromMs } as const;

  it('looks no further than next to the end where enough is there', async () => {
    const places = [0, 1, LENGTH_MS - 3, LENGTH_MS - 2, LENGTH_MS - 1];
    await put(places);
    expect(await look(END)).toEqual({
      places: [LENGTH_MS - 1, LENGTH_MS - 2],
      total: 5,
      looked: [[LENGTH_MS - FIRST_MS, LENGTH_MS]],
    });
    expect(await look(BEGINNING)).toEqual({ places: [0, 1], total: 5, looked: [[0, FIRST_MS]] });
  });

  it('looks in a part then that holds many times a page where all are spread evenly, of a quarter at most', async () => {
    // 32 pages of two are a quarter of 256.
    const places = spread(256);
    await put(places);
    expect(await look(END)).toEqual({
      places: [...places].reverse().slice(0, 2),
      total: 256,
      looked: [
        [LENGTH_MS - FIRST_MS, LENGTH_MS],
        [(LENGTH_MS * 3) / 4, LENGTH_MS],
      ],
    });
    expect(await look(BEGINNING)).toMatchObject({
      looked: [
        [0, FIRST_MS],
        [0, LENGTH_MS / 4],
      ],
    });
  });

  it('leaves it to whoever goes through the whole range where that part would be larger', async () => {
    await put(spread(255));
    const looked = [[LENGTH_MS - FIRST_MS, LENGTH_MS]];
    expect(await look(END)).toEqual({ places: undefined, total: undefined, looked });
  });

  it.each([
    ['before', [LENGTH_MS / 2 - FIRST_MS, LENGTH_MS / 2]],
    ['from', [LENGTH_MS / 2, LENGTH_MS / 2 + FIRST_MS]],
  ] as const)('takes a quarter of what is left %s the start', async (side, first) => {
    const startMs = FROM_MS + LENGTH_MS / 2;
    // At both ends, far from the start.
    await put(Array.from({ length: 511 }, (_, index) => (index % 2) * (LENGTH_MS - 1)));
    expect(await look({ side, startMs })).toMatchObject({ looked: [first] });
    await put([1]);
    expect((await look({ side, startMs })).looked).toHaveLength(2);
  });

  it('looks once where there is nothing', async () => {
    await put([]);
    expect((await look(END)).looked).toHaveLength(1);
  });

  it('looks in a millisecond at least, however short the range', async () => {
    const range = { fromMs: FROM_MS, toMs: FROM_MS + 100 };
    await put([0, 0, 50]);
    expect(await look(BEGINNING, range)).toMatchObject({ places: [0, 0], looked: [[0, 1]] });
  });
});
