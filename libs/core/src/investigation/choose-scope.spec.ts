import { chooseBucketSeconds, chooseScope, chooseWholeBucketSeconds, trimBaseline } from './choose-scope';

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);
const minutes = (count: number) => count * 60_000;

describe('chooseScope', () => {
  it('begins a rule window and 15 seconds before the earliest alert and ends now', () => {
    const scope = chooseScope(
      [
        { sinceMs: NOW - minutes(3), windowSeconds: 60, serviceName: 'checkout' },
        { sinceMs: NOW - minutes(4), windowSeconds: 300, serviceName: 'orders' },
        { sinceMs: NOW - minutes(1), windowSeconds: 60, serviceName: 'checkout' },
      ],
      NOW,
      30,
    );
    expect(scope.incident).toEqual({ fromMs: NOW - minutes(9.25), toMs: NOW });
    expect(scope.baseline).toEqual({ fromMs: NOW - minutes(39.25), toMs: NOW - minutes(9.25) });
    expect(scope.services).toEqual(['checkout', 'orders']);
  });

  it.each([
    ['no alert at all', []],
    ['an alert from the future', [{ sinceMs: NOW + minutes(9), windowSeconds: 60 }]],
  ])('looks at the last minute with %s', (_what, alerts) => {
    expect(chooseScope(alerts, NOW, 5).incident).toEqual({ fromMs: NOW - minutes(1), toMs: NOW });
  });

  it('looks at the first six hours of a long incident', () => {
    const scope = chooseScope([{ sinceMs: NOW - minutes(60 * 48), windowSeconds: 60 }], NOW, 30);
    expect(scope.incident.fromMs).toBe(NOW - minutes(60 * 48 + 1.25));
    expect(scope.incident.toMs - scope.incident.fromMs).toBe(minutes(360));
  });

  it('takes whole seconds, and none that has only begun', () => {
    const { incident } = chooseScope([{ sinceMs: NOW - 123_456, windowSeconds: 60 }], NOW + 7, 30);
    expect(incident.fromMs % 1000).toBe(0);
    expect(incident.toMs).toBe(NOW);
  });
});

describe('trimBaseline', () => {
  const scope = {
    incident: { fromMs: 60_000, toMs: 90_000 },
    baseline: { fromMs: 0, toMs: 60_000 },
    services: [],
  };

  it.each([
    ['without any record', undefined, 0],
    ['with records from the beginning', 0, 0],
    ['with records from the middle', 30_400, 30_000],
    ['with a record at its very end', 59_999, 59_000],
  ])('%s', (_what, firstDataAtMs, fromMs) => {
    expect(trimBaseline(scope, firstDataAtMs).baseline).toEqual({ fromMs, toMs: 60_000 });
  });
});

describe('chooseBucketSeconds', () => {
  it.each([
    [10, 5],
    [36, 10],
    [120, 30],
    [60 * 24 * 30, 3600],
  ])('%d minutes are cut into buckets of %d s', (length, bucketSeconds) => {
    expect(chooseBucketSeconds({ fromMs: 0, toMs: minutes(length) })).toBe(bucketSeconds);
  });
});

describe('chooseWholeBucketSeconds', () => {
  it.each([
    ['a minute of one minute', NOW, 60_000, 60],
    ['a minute of two', NOW - 5000, 60_000, 86_400],
    ['five seconds around an hour', NOW + minutes(60) - 1000, 5000, 86_400],
    ['a minute around midnight', Date.UTC(2026, 0, 3) - 5000, 60_000, 604_800],
    [
      'a minute around the midnight between two weeks since 1970',
      Date.UTC(2026, 0, 8) - 5000,
      60_000,
      2_592_000,
    ],
    ['a whole day', NOW, minutes(1440), 604_800],
  ])('one bucket holds %s', (_what, fromMs, lengthMs, seconds) => {
    expect(chooseWholeBucketSeconds({ fromMs, toMs: fromMs + lengthMs })).toBe(seconds);
  });
});
