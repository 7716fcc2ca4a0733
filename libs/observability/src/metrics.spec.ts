import { createMetricsRegistry } from './metrics';

describe('createMetricsRegistry', () => {
  it('returns the same metric for the same name, so that two parts can share it', async () => {
    const metrics = createMetricsRegistry('test', { runtimeMetrics: false });
    metrics.counter({ name: 'opspilot_things_total', help: 'Things', labels: ['kind'] }).inc({ kind: 'a' });
    metrics
      .counter({ name: 'opspilot_things_total', help: 'Things', labels: ['kind'] })
      .inc({ kind: 'b' }, 2);
    expect(await metrics.total('opspilot_things_total')).toBe(3);
    expect(await metrics.total('opspilot_things_total', { kind: 'b' })).toBe(2);
    expect(await metrics.total('opspilot_unknown_total')).toBeUndefined();
  });

  it('asks a collecting gauge at each scrape and names the role', async () => {
    const metrics = createMetricsRegistry('api', { runtimeMetrics: false });
    let depth = 1;
    metrics.gauge({ name: 'opspilot_depth', help: 'Depth', collect: (gauge) => gauge.set(depth) });
    depth = 7;
    const { contentType, text } = await metrics.exposition();
    expect(contentType).toContain('text/plain');
    expect(text).toContain('opspilot_depth{role="api"} 7');
  });

  it('leaves out a gauge that cannot be asked in time, with what it said before, and shows all others', async () => {
    const metrics = createMetricsRegistry('api', { runtimeMetrics: false, collectTimeoutMs: 10 });
    let asked: () => Promise<void> = () => Promise.resolve();
    metrics.gauge({
      name: 'opspilot_depth',
      help: 'Depth',
      collect: (gauge) => {
        gauge.set(1);
        return asked();
      },
    });
    metrics.gauge({
      name: 'opspilot_lanes',
      help: 'Depth by lane',
      labels: ['lane'],
      collect: (gauge) => {
        gauge.set({ lane: 'fresh' }, 1);
        return asked();
      },
    });
    metrics.gauge({ name: 'opspilot_streams', help: 'Streams', collect: (gauge) => gauge.set(2) });
    const shown = async () => (await metrics.exposition()).text.match(/^opspilot_\w+/gm);
    expect(await shown()).toEqual(['opspilot_depth', 'opspilot_lanes', 'opspilot_streams']);
    asked = () => new Promise(() => undefined);
    expect(await shown()).toEqual(['opspilot_streams']);
    asked = () => Promise.resolve();
    expect(await shown()).toEqual(['opspilot_depth', 'opspilot_lanes', 'opspilot_streams']);
  });
});
