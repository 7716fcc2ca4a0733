import { heldByTemporal } from './held-by-temporal';

describe('heldByTemporal', () => {
  it('leaves activities of any worker their time, and counts anew after each', async () => {
    const counts = [1, 0, 1, 0, 0, 0];
    const idle = { getStatus: () => ({ numInFlightActivities: 0 }) };
    const busy = { getStatus: () => ({ numInFlightActivities: counts.shift() ?? 0 }) };
    await heldByTemporal(() => [idle, busy], { idleMs: 3, lookEveryMs: 1 });
    expect(counts).toEqual([]);
  });
});
