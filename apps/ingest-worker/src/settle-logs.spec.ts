import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import { createLogger } from '../../../libs/observability/src/logger';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { SettleLogs } from './settle-logs';

const NOW = Date.UTC(2026, 0, 15, 12);

function given() {
  const world = { settledAt: new Array<number>(), isDown: false, duringSettling: (): void => undefined };
  const store: Pick<LogStore, 'settle'> = {
    settle: async (nowMs) => {
      world.settledAt.push(nowMs);
      world.duringSettling();
      if (world.isDown) throw new Error('down');
    },
  };
  const clock = new AppClock({ now: () => NOW });
  const settling = new SettleLogs(store as LogStore, clock, createLogger({ level: 'silent', role: 'test' }));
  return { world, settling };
}

describe('SettleLogs', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('settles once for many writes, and again for those that come later', async () => {
    const { world, settling } = given();
    for (let write = 0; write < 30; write++) {
      settling.soon();
      await jest.advanceTimersByTimeAsync(50);
    }
    expect(world.settledAt).toEqual([]);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(world.settledAt).toEqual([NOW]);
    settling.soon();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(world.settledAt).toHaveLength(2);
  });

  it('settles again what was written while it settled, though nothing comes after it', async () => {
    const { world, settling } = given();
    world.duringSettling = () => settling.soon();
    settling.soon();
    await jest.advanceTimersByTimeAsync(2000);
    world.duringSettling = () => undefined;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(world.settledAt).toHaveLength(2);
  });

  it('tries again after the next write where it failed', async () => {
    const { world, settling } = given();
    world.isDown = true;
    settling.soon();
    await jest.advanceTimersByTimeAsync(10_000);
    settling.soon();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(world.settledAt).toHaveLength(2);
  });

  it('leaves it when the worker stops', async () => {
    const { world, settling } = given();
    settling.soon();
    await settling.beforeApplicationShutdown();
    settling.soon();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(world.settledAt).toEqual([]);
  });
});
