import type { Random } from './random';
import type { Flow, Scenario, Shop } from './scenario.schema';

/** Bodies as the ingest API takes them. */
export interface SimulatedLog {
  readonly level: string;
  readonly message: string;
  readonly service: string;
  readonly timestamp: string;
  readonly trace_id: string;
  readonly span_id: string;
  readonly context: Readonly<Record<string, string>>;
}

export interface SimulatedSample {
  readonly name: string;
  readonly value: number;
  readonly service: string;
  readonly timestamp: string;
}

export const SAMPLE_INTERVAL_MS = 10_000;

/** The samples of one instant. Before `faultAtMs`, or without one, everything is normal. */
export function simulateSamples(
  { scenario, shop }: { readonly scenario: Scenario; readonly shop: Shop },
  atMs: number,
  faultAtMs: number | undefined,
  random: Random,
): readonly SimulatedSample[] {
  const timestamp = new Date(atMs).toISOString();
  return shop.metrics.map(({ service, metric, value, noise }) => {
    const fault = scenario.fault.metrics.find(
      (entry) => entry.service === service && entry.metric === metric,
    );
    const progress =
      fault === undefined || faultAtMs === undefined ? 0 : faultProgress(fault, (atMs - faultAtMs) / 1000);
    const mean = value + progress * ((fault?.to ?? value) - value);
    const spread = noise * (1 + progress * (Math.abs(mean) / (Math.abs(value) || 1) - 1) * 0.2);
    return { name: metric, value: Math.max(0, round(mean + random.normal() * spread)), service, timestamp };
  });
}

/** The records of the span between two instants. */
export function simulateLogs(
  { scenario, shop }: { readonly scenario: Scenario; readonly shop: Shop },
  span: { readonly fromMs: number; readonly toMs: number },
  faultAtMs: number | undefined,
  random: Random,
): readonly SimulatedLog[] {
  const seconds = (span.toMs - span.fromMs) / 1000;
  const sinceFault = faultAtMs === undefined ? Number.NEGATIVE_INFINITY : (span.fromMs - faultAtMs) / 1000;
  const stopped = new Set(
    scenario.fault.stop_flows.filter(({ after }) => sinceFault >= after).map(({ name }) => name),
  );
  const flows: readonly Flow[] = [
    ...shop.flows.filter(({ name }) => !stopped.has(name)),
    ...scenario.fault.flows.filter(({ after }) => sinceFault >= after),
  ];
  const logs = flows.flatMap((flow) =>
    Array.from({ length: random.poisson(flow.rate * seconds) }, () => {
      const atMs = span.fromMs + random.next() * (span.toMs - span.fromMs);
      return playFlow(flow, atMs, span.toMs, random);
    }).flat(),
  );
  return logs.sort((left, right) => left.timestamp.localeCompare(right.timestamp));
}

/** From 0 (untouched) to 1 (all the way). */
function faultProgress(
  fault: { readonly after: number; readonly over: number },
  sinceFaultSeconds: number,
): number {
  if (sinceFaultSeconds < fault.after) return 0;
  return fault.over === 0 ? 1 : Math.min(1, (sinceFaultSeconds - fault.after) / fault.over);
}

function playFlow(flow: Flow, atMs: number, latestMs: number, random: Random): readonly SimulatedLog[] {
  const traceId = random.hex(32);
  const words: Words = { id: `A${random.between(10_000, 99_999)}` };
  let parentSpanId: string | undefined;
  return flow.steps.map((step, index) => {
    const spanId = random.hex(16);
    const log: SimulatedLog = {
      level: step.level,
      message: fill(step.message, words, random),
      service: step.service,
      timestamp: new Date(Math.min(atMs + index * random.between(2, 9), latestMs)).toISOString(),
      trace_id: traceId,
      span_id: spanId,
      context: parentSpanId === undefined ? {} : { parent_span_id: parentSpanId },
    };
    parentSpanId = spanId;
    return log;
  });
}

interface Words {
  readonly id: string;
}

function fill(message: string, words: Words, random: Random): string {
  return message.replace(/\{(int|ms|hex|pick|id)(?::([^}]*))?\}/g, (_, kind: string, argument = '') => {
    if (kind === 'id') return words.id;
    if (kind === 'hex') return random.hex(Number(argument));
    const options = String(argument).split(kind === 'pick' ? '|' : '-');
    if (kind === 'pick') return options[random.between(0, options.length - 1)] ?? '';
    return String(random.between(Number(options[0]), Number(options[1])));
  });
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
