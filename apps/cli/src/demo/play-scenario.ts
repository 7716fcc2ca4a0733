import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../api-client';
import type { LoadedScenario } from './load-scenario';
import type { Shop } from './scenario.schema';
import { Random } from './random';
import { SAMPLE_INTERVAL_MS, simulateLogs, simulateSamples } from './simulate-shop';

const HISTORY_MINUTES = 32;
const LIVE_TICK_MS = 1000;
const LOGS_PER_REQUEST = 2000;
const SAMPLES_PER_REQUEST = 4000;

/** Longer than any rule's window and the delay for late records: by then the last run's outage is nobody's present. */
const FADE_MS = 80_000;

export interface PlayEvents {
  readonly fading: (waitMs: number) => void;
  readonly history: (counts: { readonly logs: number; readonly samples: number }) => void;
  readonly faultStarted: (atMs: number) => void;
}

/** When a run that ended just now is out of all rules' windows; in the past where there was none. */
export async function waitForCalm(
  api: ApiClient,
  { shop }: LoadedScenario,
  events: Pick<PlayEvents, 'fading'>,
): Promise<void> {
  const lastSampleAtMs = await lastSampleOf(api, shop, Date.now() - FADE_MS);
  const waitMs = lastSampleAtMs === undefined ? 0 : lastSampleAtMs + FADE_MS - Date.now();
  if (waitMs <= 0) return;
  events.fading(waitMs);
  await delay(waitMs);
}

/**
 * Plays normal traffic of the past half hour at once, then some live, then the fault, until `stop` aborts or its time is
 * up. Returns the instant of the fault.
 */
export async function playScenario(
  api: ApiClient,
  loaded: LoadedScenario,
  options: { readonly seed: number; readonly stop: AbortSignal; readonly events: PlayEvents },
): Promise<number> {
  const random = new Random(options.seed);
  const { before, fault } = loaded.scenario.live_seconds;
  const startedAtMs = floorToSample(Date.now());
  const faultAtMs = startedAtMs + before * 1000;
  options.events.history(await playHistory(api, loaded, { startedAtMs, faultAtMs, random }));
  const live = new LiveTraffic(api, loaded, random, startedAtMs, faultAtMs);
  await live.playUntil(faultAtMs, options.stop);
  options.events.faultStarted(faultAtMs);
  await live.playUntil(faultAtMs + fault * 1000, options.stop);
  return faultAtMs;
}

async function playHistory(
  api: ApiClient,
  loaded: LoadedScenario,
  {
    startedAtMs,
    faultAtMs,
    random,
  }: { readonly startedAtMs: number; readonly faultAtMs: number; readonly random: Random },
): Promise<{ readonly logs: number; readonly samples: number }> {
  const fromMs = await historyStart(api, loaded, startedAtMs - HISTORY_MINUTES * 60_000);
  const samples = [];
  for (let atMs = fromMs; atMs < startedAtMs; atMs += SAMPLE_INTERVAL_MS)
    samples.push(...simulateSamples(loaded, atMs, undefined, random));
  const logs = simulateLogs(loaded, { fromMs, toMs: startedAtMs }, undefined, random);
  await sendInParts('/api/ingest/metrics', 'metrics', samples, SAMPLES_PER_REQUEST, api);
  await sendInParts('/api/ingest/logs', 'logs', logs, LOGS_PER_REQUEST, api);
  const events = loaded.scenario.earlier_events.map(({ minutes_before: minutesBefore, ...event }) => ({
    ...event,
    timestamp: new Date(faultAtMs - minutesBefore * 60_000).toISOString(),
  }));
  await sendInParts('/api/ingest/events', 'events', events, LOGS_PER_REQUEST, api);
  return { logs: logs.length, samples: samples.length };
}

/** After an earlier run only the time since then is filled in: the shop has one past. */
async function historyStart(api: ApiClient, { shop }: LoadedScenario, earliestMs: number): Promise<number> {
  const lastSampleAtMs = await lastSampleOf(api, shop, earliestMs);
  return lastSampleAtMs === undefined
    ? floorToSample(earliestMs)
    : floorToSample(lastSampleAtMs) + SAMPLE_INTERVAL_MS;
}

async function lastSampleOf(api: ApiClient, shop: Shop, sinceMs: number): Promise<number | undefined> {
  const [first] = shop.metrics;
  if (first === undefined) return undefined;
  const query = new URLSearchParams({
    metric_name: first.metric,
    service_name: first.service,
    start_time: new Date(sinceMs).toISOString(),
    end_time: new Date().toISOString(),
    time_bucket: '10s',
    aggregation: 'last',
  });
  const answer = await api.get<{ series: { points: { timestamp: string }[] }[] }>(
    `/api/metrics/query?${query.toString()}`,
  );
  const atMs = answer.series.flatMap(({ points }) => points.map(({ timestamp }) => Date.parse(timestamp)));
  return atMs.length === 0 ? undefined : Math.max(...atMs);
}

class LiveTraffic {
  private nextSampleAtMs: number;
  private nextEvent = 0;

  constructor(
    private readonly api: ApiClient,
    private readonly loaded: LoadedScenario,
    private readonly random: Random,
    private sentThroughMs: number,
    private readonly faultAtMs: number,
  ) {
    this.nextSampleAtMs = sentThroughMs;
  }

  async playUntil(endMs: number, stop: AbortSignal): Promise<void> {
    while (!stop.aborted && this.sentThroughMs < endMs) {
      const toMs = Math.min(endMs, this.sentThroughMs + LIVE_TICK_MS);
      await delay(Math.max(0, toMs - Date.now()));
      await this.sendTick(toMs);
      this.sentThroughMs = toMs;
    }
  }

  private async sendTick(toMs: number): Promise<void> {
    const span = { fromMs: this.sentThroughMs, toMs };
    const logs = simulateLogs(this.loaded, span, this.faultAtMs, this.random);
    const samples = [];
    for (; this.nextSampleAtMs <= toMs; this.nextSampleAtMs += SAMPLE_INTERVAL_MS) {
      samples.push(...simulateSamples(this.loaded, this.nextSampleAtMs, this.faultAtMs, this.random));
    }
    await sendInParts('/api/ingest/events', 'events', this.dueEvents(toMs), LOGS_PER_REQUEST, this.api);
    await sendInParts('/api/ingest/metrics', 'metrics', samples, SAMPLES_PER_REQUEST, this.api);
    await sendInParts('/api/ingest/logs', 'logs', logs, LOGS_PER_REQUEST, this.api);
  }

  private dueEvents(toMs: number): readonly object[] {
    const events = [...this.loaded.scenario.fault.events].sort((left, right) => left.after - right.after);
    const due = events.slice(this.nextEvent).filter(({ after }) => this.faultAtMs + after * 1000 <= toMs);
    this.nextEvent += due.length;
    return due.map(({ after, ...event }) => ({
      ...event,
      timestamp: new Date(this.faultAtMs + after * 1000).toISOString(),
    }));
  }
}

async function sendInParts(
  path: `/${string}`,
  field: string,
  records: readonly object[],
  size: number,
  api: ApiClient,
): Promise<void> {
  for (let start = 0; start < records.length; start += size) {
    await api.post(path, { [field]: records.slice(start, start + size) });
  }
}

function floorToSample(ms: number): number {
  return Math.floor(ms / SAMPLE_INTERVAL_MS) * SAMPLE_INTERVAL_MS;
}
