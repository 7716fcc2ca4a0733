import { SERVICE_EDGE_LIMITS } from '../../core/src/services/service-edge-limits';
import { type GivenRecord, type LogStoreEngine, startLogStore, NOON } from './given-log-records.conformance';

const MINUTE = 60_000;
const T0 = Date.parse(NOON);
const MINUTES = { fromMs: T0, toMs: T0 + 2 * MINUTE };

/** Who calls whom, derived from records. */
export function logStoreEdgesConformance(start: () => Promise<LogStoreEngine>): void {
  const subject = startLogStore(start);

  const at = (ms: number) => new Date(T0 + ms).toISOString();
  const says = (
    service: string,
    traceId: string,
    ms: number,
    spanId?: string,
    parentSpanId?: string,
  ): GivenRecord => ({
    service,
    traceId,
    at: at(ms),
    ...(spanId !== undefined && { spanId }),
    ...(parentSpanId !== undefined && { parentSpanId }),
  });
  const edgesOf = async (given: Partial<typeof MINUTES> = {}, limits = SERVICE_EDGE_LIMITS) =>
    (await subject.store.countEdges(subject.mine, { ...MINUTES, ...given }, limits)).map(
      ({ minuteMs, caller, callee, kind, count }) =>
        `${(minuteMs - T0) / MINUTE} ${caller}>${callee} ${kind} ${count}`,
    );

  it('takes the caller from the parent span, and counts a call once however much it logs', async () => {
    await subject.put([
      says('web', 't1', 0, 'a'),
      says('cart', 't1', 10, 'b', 'a'),
      says('cart', 't1', 20, 'b', 'a'),
      says('db', 't1', 30, 'c', 'b'),
      says('web', 't2', 100, 'a'),
      says('cart', 't2', 110, 'b', 'a'),
    ]);
    expect(await edgesOf()).toEqual(['0 cart>db parent_span 1', '0 web>cart parent_span 2']);
  });

  it('knows the parent also where it logs later, in a minute of its own', async () => {
    await subject.put([says('web', 't1', MINUTE + 500, 'a'), says('cart', 't1', MINUTE - 500, 'b', 'a')]);
    expect(await edgesOf()).toEqual(['0 web>cart parent_span 1']);
    expect(await edgesOf({ toMs: T0 + MINUTE })).toEqual(['0 web>cart parent_span 1']);
  });

  it('takes the order of first records where a trace names no parents, to the nanosecond', async () => {
    await subject.put([
      says('web', 't1', 0),
      says('web', 't1', 50),
      { ...says('db', 't1', 20), ns: 5n },
      { ...says('cart', 't1', 20), ns: 3n },
      says('cart', 't1', 30),
    ]);
    expect(await edgesOf()).toEqual(['0 cart>db shared_trace 1', '0 web>cart shared_trace 1']);
  });

  it('guesses no order in a trace that names parents', async () => {
    await subject.put([
      says('web', 't1', 0, 'a'),
      says('mail', 't1', 5, 'x'),
      says('cart', 't1', 10, 'b', 'a'),
      says('db', 't1', 15, 'c', 'never-logged'),
    ]);
    expect(await edgesOf()).toEqual(['0 web>cart parent_span 1']);
  });

  it('knows no edge of a service with itself, of one alone, or of records without a trace', async () => {
    await subject.put([
      says('web', 't1', 0, 'a'),
      says('web', 't1', 5, 'b', 'a'),
      says('web', 't2', 5),
      { service: 'cart', at: at(6) },
      { service: 'db', at: at(7) },
    ]);
    expect(await edgesOf()).toEqual([]);
  });

  it('gives a minute the same answer whatever range it is asked in', async () => {
    await subject.put([
      says('web', 't1', MINUTE - 100),
      says('cart', 't1', MINUTE + 100),
      says('web', 't2', -100, 'a'),
      says('cart', 't2', 100, 'b', 'a'),
      says('cart', 't2', MINUTE + 200, 'b', 'a'),
      says('web', 't3', 90_000, 'a'),
      says('cart', 't3', 90_001, 'b', 'a'),
    ]);
    const all = await edgesOf({ fromMs: T0 - 3 * MINUTE, toMs: T0 + 5 * MINUTE });
    expect(all).toEqual([
      '0 web>cart parent_span 1',
      '1 web>cart parent_span 1',
      '1 web>cart shared_trace 1',
    ]);
    const single = await Promise.all(
      [0, 1].map((minute) => edgesOf({ fromMs: T0 + minute * MINUTE, toMs: T0 + (minute + 1) * MINUTE })),
    );
    expect(single.flat()).toEqual(all);
  });

  it('changes nothing when records come again, and counts those that come late', async () => {
    const records = [says('web', 't1', 0, 'a'), says('cart', 't1', 10, 'b', 'a')];
    await subject.put(records);
    await subject.put(records);
    expect(await edgesOf()).toEqual(['0 web>cart parent_span 1']);
    await subject.put([says('db', 't1', 20, 'c', 'b')]);
    expect(await edgesOf()).toEqual(['0 cart>db parent_span 1', '0 web>cart parent_span 1']);
  });

  it('looks at no more than its limits allow, and at the same sample each time', async () => {
    await subject.put(
      Array.from({ length: 40 }, (_, index) => [
        says('web', `t${index}`, index * 10, 'a'),
        says(`s${index % 4}`, `t${index}`, index * 10 + 1, 'b', 'a'),
      ]).flat(),
    );
    const few = { ...SERVICE_EDGE_LIMITS, tracesPerMinute: 10 };
    const sampled = await edgesOf({}, few);
    const count = (lines: readonly string[]) =>
      lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    expect(count(sampled)).toBe(10);
    expect(await edgesOf({}, few)).toEqual(sampled);
    expect(count(await edgesOf({}, { ...SERVICE_EDGE_LIMITS, recordsPerMinute: 20 }))).toBe(10);
    expect(await edgesOf({}, { ...SERVICE_EDGE_LIMITS, edgesPerMinute: 2 })).toHaveLength(2);
    expect(await edgesOf({}, { ...SERVICE_EDGE_LIMITS, recordsPerTrace: 1 })).toEqual([]);
  });

  it('keeps projects apart, also where they share a trace id', async () => {
    await subject.put([says('web', 't1', 0, 'a')]);
    await subject.put([says('cart', 't1', 10, 'b', 'a')], subject.theirs);
    expect(await edgesOf()).toEqual([]);
  });
}
