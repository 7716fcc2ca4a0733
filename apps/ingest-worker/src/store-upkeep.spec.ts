import { loadConfig } from '../../../libs/config/src/load-config';
import type { IdempotencyStore } from '../../../libs/core/src/ingest/idempotency-store.port';
import type { LogStore } from '../../../libs/core/src/logs/log-store.port';
import type { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import { always } from '../../../libs/core/src/projects/retention';
import { createLogger } from '../../../libs/observability/src/logger';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { StoreUpkeep } from './store-upkeep';

const NOW = Date.UTC(2026, 0, 15, 12);
const HOUR_MS = 3_600_000;
/** That of this process is two days ahead. */
const SHARED_NOW = NOW - 48 * HOUR_MS;

function lineOf(json: string): string {
  const { level, msg, upkeep } = JSON.parse(json);
  return `${level} ${msg}: ${upkeep}`;
}

function given() {
  const done: string[] = [];
  const told: string[] = [];
  const world = { done, told, ensureLogPartitions: (): Promise<void> => Promise.resolve(), goOn: always };
  const logs: Pick<LogStore, 'ensurePartitions'> = {
    ensurePartitions: async () => {
      await world.ensureLogPartitions();
      done.push('logs');
    },
  };
  const metrics: Pick<MetricStore, 'ensurePartitions'> = {
    ensurePartitions: (nowMs) => Promise.resolve(void done.push(`metrics ${nowMs - NOW}`)),
  };
  const keys: Pick<IdempotencyStore, 'deleteBefore'> = {
    deleteBefore: (beforeMs, goOn = always) => {
      world.goOn = goOn;
      return Promise.resolve(done.push(`keys ${beforeMs - SHARED_NOW}`));
    },
  };
  const upkeep = new StoreUpkeep(
    logs as LogStore,
    metrics as MetricStore,
    keys as IdempotencyStore,
    new AppConfig(loadConfig({ environment: { IDEMPOTENCY_RETENTION_HOURS: '2' } })),
    new AppClock({ now: () => NOW }),
    { now: async () => SHARED_NOW },
    createLogger({
      level: 'info',
      role: 'test',
      destination: { write: (line: string) => void world.told.push(lineOf(line)) },
    }),
  );
  return { world, upkeep };
}

describe('StoreUpkeep', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const KEYS = `keys ${-2 * HOUR_MS}`;
  const FIRST_ROUND = ['metrics 0', 'logs', KEYS];

  it('sees to all stores at the start and every hour, and forgets keys by the clock that all processes share', async () => {
    const { world, upkeep } = given();
    upkeep.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(0);
    expect(world.done).toEqual(FIRST_ROUND);
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    expect(world.done).toEqual([...FIRST_ROUND, ...FIRST_ROUND]);
    await upkeep.beforeApplicationShutdown();
  });

  it('lets the worker start, and sees to the other stores, while the log store hangs', async () => {
    const { world, upkeep } = given();
    let goOn = (): void => undefined;
    world.ensureLogPartitions = () => new Promise((resolve) => (goOn = resolve));
    await Promise.resolve(upkeep.onApplicationBootstrap());
    await jest.advanceTimersByTimeAsync(0);
    expect(world.done).toEqual(['metrics 0', KEYS]);
    goOn();
    await upkeep.beforeApplicationShutdown();
    expect(world.done).toEqual(['metrics 0', KEYS, 'logs']);
  });

  it('tries again within a minute where a store failed', async () => {
    const { world, upkeep } = given();
    world.ensureLogPartitions = () => Promise.reject(new Error('down'));
    upkeep.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(0);
    world.ensureLogPartitions = () => Promise.resolve();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(world.done).toContain('logs');
    await upkeep.beforeApplicationShutdown();
  });

  it('tells once what fails for long, and once that it is over', async () => {
    const { world, upkeep } = given();
    world.ensureLogPartitions = () => Promise.reject(new Error('down'));
    upkeep.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(3 * 60_000);
    expect(world.told).toEqual(['warn store upkeep failed: room for log records']);
    world.ensureLogPartitions = () => Promise.resolve();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(world.told.slice(1)).toEqual(['info store upkeep succeeds again: room for log records']);
    await upkeep.beforeApplicationShutdown();
  });

  it('goes on forgetting keys only while the worker runs, which waits for it to stop', async () => {
    const { world, upkeep } = given();
    upkeep.onApplicationBootstrap();
    expect(await world.goOn(10_000)).toBe(true);
    await upkeep.beforeApplicationShutdown();
    expect(await world.goOn(10_000)).toBe(false);
  });

  it('leaves it when the worker stops', async () => {
    const { world, upkeep } = given();
    upkeep.onApplicationBootstrap();
    await upkeep.beforeApplicationShutdown();
    await jest.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(world.done).toEqual(FIRST_ROUND);
  });
});
