import fc from 'fast-check';
import { rankRootCauses } from './rank-root-causes';
import type { RootCauseInput, SpanInput, TraceLogInput } from './root-cause';
import { findTraceEvidence } from './trace-evidence';
import { buildVisits } from './trace-visits';

const MINUTE = 60_000;
const WINDOWS = { baseline: { fromMs: 0, toMs: MINUTE }, incident: { fromMs: MINUTE, toMs: 2 * MINUTE } };

interface Course {
  /** Time of the inventory itself. */
  readonly inventoryMs?: number;
  /** Time lost between checkout and inventory. */
  readonly lostMs?: number;
  readonly inventoryFails?: boolean;
  readonly inventorySkips?: boolean;
}

/** frontend → checkout → inventory → (its table); checkout then calls payment, unless inventory failed. */
function trace(
  id: string,
  startMs: number,
  course: Course = {},
): { spans: SpanInput[]; logs: TraceLogInput[] } {
  const own = (course.inventoryMs ?? 10) + (startMs % 3);
  const call = own + 4 + (course.lostMs ?? 0);
  const fails = course.inventoryFails === true;
  const total = call + (fails ? 2 : 20);
  const span = (
    spanId: string,
    parentSpanId: string,
    serviceName: string,
    operation: string,
    durationMs: number,
  ): SpanInput => ({
    traceId: id,
    spanId,
    serviceName,
    operation,
    startMs,
    durationMs,
    ...(parentSpanId === '' ? {} : { parentSpanId }),
  });
  const log = (
    spanId: string,
    serviceName: string,
    message: string,
    level: TraceLogInput['level'] = 'info',
  ): TraceLogInput => ({
    traceId: id,
    spanId,
    serviceName,
    level,
    message,
  });
  const reads = course.inventorySkips === true ? [] : [span('6', '5', 'inventory', 'SELECT stock', own / 2)];
  const pays = fails
    ? []
    : [span('7', '3', 'checkout', 'POST payment', 12), span('8', '7', 'payment', '/pay', 8)];
  return {
    spans: [
      span('1', '', 'frontend', '/buy', total + 8),
      span('2', '1', 'frontend', 'POST checkout', total + 4),
      span('3', '2', 'checkout', '/checkout', total),
      span('4', '3', 'checkout', 'POST inventory', call),
      span('5', '4', 'inventory', '/reserve', own),
      ...reads,
      ...pays,
    ],
    logs: [
      log('3', 'checkout', `order ${startMs} received`),
      ...(fails
        ? [log('5', 'inventory', 'pool of 17 is empty', 'error')]
        : [log('5', 'inventory', `reserved ${startMs} items`)]),
      ...(fails ? [log('3', 'checkout', 'order failed', 'error')] : [log('3', 'checkout', 'order placed')]),
    ],
  };
}

function traces(fromMs: number, course?: Course): Pick<Required<RootCauseInput>, 'spans' | 'logs'> {
  const all = Array.from({ length: 30 }, (_, index) =>
    trace(`t${fromMs}-${index}`, fromMs + index * 1_900, course),
  );
  return { spans: all.flatMap(({ spans }) => spans), logs: all.flatMap(({ logs }) => logs) };
}

function inputOf(course: Course): RootCauseInput {
  const before = traces(0);
  const during = traces(MINUTE, course);
  return {
    ...WINDOWS,
    series: [],
    patterns: [],
    changes: [],
    edges: [],
    spans: [...before.spans, ...during.spans],
    logs: [...before.logs, ...during.logs],
    reference: traces(-10 * MINUTE),
  };
}

function withoutReference(input: RootCauseInput): RootCauseInput {
  return { ...input, reference: { spans: [], logs: [] } };
}

const ranked = (course: Course) => rankRootCauses(inputOf(course)).causes;

describe('root causes from traces', () => {
  it('blames the service that fails, not those that fail because of it', () => {
    const [first, ...rest] = ranked({ inventoryFails: true });
    expect(first).toMatchObject({ serviceName: 'inventory', causeKind: 'errors' });
    expect(rest.every(({ score }) => score < (first?.score ?? 0) / 4)).toBe(true);
    expect(first?.contributions.map(({ why }) => why)).toContainEqual(
      expect.stringContaining('30 of 30 visits of /reserve'),
    );
  });

  it('blames the service that leaves out a step without a word', () => {
    expect(ranked({ inventorySkips: true })[0]?.serviceName).toBe('inventory');
  });

  it('blames the service that is slow by itself', () => {
    const [first] = ranked({ inventoryMs: 900 });
    expect(first).toMatchObject({ serviceName: 'inventory', causeKind: 'latency', signal: '/reserve' });
    expect(first?.contributions[0]?.why).toMatch(/^own time of \/reserve rose from \d.* to \d.* ms$/);
  });

  it('blames the callee, and less the caller, for time lost between them', () => {
    const causes = ranked({ lostMs: 800 });
    expect(causes.map(({ serviceName }) => serviceName)).toEqual(['inventory', 'checkout']);
  });

  it('finds nothing where nothing changed, or where there is nothing to compare with', () => {
    expect(ranked({})).toEqual([]);
    const alone = withoutReference(inputOf({ inventoryFails: true }));
    expect(rankRootCauses({ ...alone, baseline: { fromMs: -2, toMs: -1 } }).causes).toEqual([]);
  });

  it('does not take recovery for a fault', () => {
    const before = traces(0, { inventoryFails: true });
    const during = traces(MINUTE);
    const rest = withoutReference(inputOf({}));
    const evidence = findTraceEvidence({
      ...rest,
      spans: [...before.spans, ...during.spans],
      logs: [...before.logs, ...during.logs],
    });
    expect(
      evidence.filter(
        ({ signalClass, serviceName }) => signalClass === 'errors' && serviceName === 'inventory',
      ),
    ).toEqual([]);
  });

  it('finds a fault that has begun before the alert, by the reference', () => {
    const before = traces(0, { inventoryFails: true });
    const during = traces(MINUTE, { inventoryFails: true });
    const input = {
      ...inputOf({}),
      spans: [...before.spans, ...during.spans],
      logs: [...before.logs, ...during.logs],
    };
    expect(rankRootCauses(input).causes[0]?.serviceName).toBe('inventory');
  });

  it('does not depend on the order of spans and records', () => {
    const input = inputOf({ inventoryFails: true, lostMs: 50 });
    const expected = rankRootCauses(input).causes.map(({ serviceName, score }) => [
      serviceName,
      score.toFixed(9),
    ]);
    const reversed = {
      ...input,
      spans: [...(input.spans ?? [])].reverse(),
      logs: [...(input.logs ?? [])].reverse(),
    };
    expect(
      rankRootCauses(reversed).causes.map(({ serviceName, score }) => [serviceName, score.toFixed(9)]),
    ).toEqual(expected);
  });
});

describe('buildVisits', () => {
  it('cuts a trace where it enters another service, callers first', () => {
    const { spans, logs } = trace('t', 0);
    const visits = buildVisits(spans, logs);
    expect(visits.map(({ serviceName }) => serviceName).sort()).toEqual([
      'checkout',
      'frontend',
      'inventory',
      'payment',
    ]);
    const checkout = visits.find(({ serviceName }) => serviceName === 'checkout');
    expect(checkout?.caller?.serviceName).toBe('frontend');
    expect(checkout?.callees.map(({ serviceName }) => serviceName).sort()).toEqual(['inventory', 'payment']);
    expect(checkout?.selfMs).toBe(8);
    expect(checkout?.waitMs).toBe(4);
  });

  it('survives cycles, spans without parents, doubled spans and chains of any depth', () => {
    const at = (spanId: string, parentSpanId: string | undefined, serviceName = 's'): SpanInput => ({
      traceId: 't',
      spanId,
      serviceName,
      operation: 'o',
      startMs: 0,
      durationMs: 1,
      ...(parentSpanId === undefined ? {} : { parentSpanId }),
    });
    expect(buildVisits([at('a', 'b'), at('b', 'a'), at('c', 'c')], [])).toEqual([]);
    expect(buildVisits([at('a', 'gone'), at('a', 'gone')], [])).toHaveLength(1);
    const chain = Array.from({ length: 50_000 }, (_, index) =>
      at(String(index), index === 0 ? undefined : String(index - 1), `s${index}`),
    );
    expect(buildVisits(chain, [])).toHaveLength(50_000);
  });

  it('never throws', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', '');
    const span = fc.record({
      traceId: id,
      spanId: id,
      parentSpanId: id,
      serviceName: id,
      operation: fc.string(),
      startMs: fc.double(),
      durationMs: fc.double(),
    });
    const log = fc.record({
      traceId: id,
      spanId: id,
      serviceName: id,
      level: fc.constantFrom('info' as const, 'error' as const),
      message: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(span), fc.array(log), (spans, logs) => {
        findTraceEvidence({ ...inputOf({}), spans, logs });
      }),
    );
  });
});
