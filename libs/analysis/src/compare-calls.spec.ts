import { compareCallShares } from './compare-call-shares';
import { compareCalls } from './compare-calls';
import type { CallSeriesInput, RootCauseInput, SeriesInput } from './root-cause';

const EMPTY: RootCauseInput = {
  baseline: { fromMs: 0, toMs: 600_000 },
  incident: { fromMs: 600_000, toMs: 900_000 },
  series: [],
  patterns: [],
  changes: [],
  edges: [],
};
const points = (valueAt: (minute: number) => number) =>
  Array.from({ length: 15 }, (_, minute) => ({
    atMs: minute * 60_000,
    value: valueAt(minute) + (minute % 2) * 0.0002,
  }));
const call = (side: CallSeriesInput['side'], valueAt: (minute: number) => number): CallSeriesInput => ({
  ref: side,
  caller: 'checkout',
  callee: 'cart',
  side,
  points: points(valueAt),
});

describe('compareCalls', () => {
  it('finds time that is lost between caller and callee', () => {
    const calls = [call('client', (minute) => (minute < 10 ? 0.005 : 0.18)), call('server', () => 0.003)];
    expect(compareCalls({ ...EMPTY, calls })).toMatchObject([
      { caller: 'checkout', callee: 'cart', ref: 'client', onsetMs: 600_000 },
    ]);
  });

  it.each([
    [
      'the callee itself is slow',
      [call('client', (m) => (m < 10 ? 0.005 : 0.18)), call('server', (m) => (m < 10 ? 0.003 : 0.178))],
    ],
    ['nothing changes', [call('client', () => 0.005), call('server', () => 0.003)]],
    ['only one side is known', [call('client', (m) => (m < 10 ? 0.005 : 0.18))]],
    ['nothing is known', []],
  ])('finds nothing where %s', (_name, calls) => {
    expect(compareCalls({ ...EMPTY, calls })).toEqual([]);
  });
});

describe('compareCallShares', () => {
  const series = (serviceName: string, valueAt: (minute: number) => number): SeriesInput => ({
    ref: serviceName,
    serviceName,
    metricName: 'requests',
    points: points(valueAt),
  });
  const edges = [{ caller: 'checkout', callee: 'email' }];
  const lost = (own: (minute: number) => number, called: (minute: number) => number) =>
    compareCallShares({ ...EMPTY, series: [series('checkout', own), series('email', called)] }, edges);

  it('finds a callee that falls silent while its caller does not', () => {
    const found = lost(
      () => 20,
      (minute) => (minute < 10 ? 20 : 0),
    );
    expect(found).toMatchObject([{ caller: 'checkout', callee: 'email', ref: 'email', hasDeparted: true }]);
  });

  it('finds nothing where both fall silent, or neither', () => {
    const falls = (minute: number) => (minute < 10 ? 20 : 2);
    expect(lost(falls, falls)).toEqual([]);
    expect(
      lost(
        () => 20,
        () => 20,
      ),
    ).toEqual([]);
  });
});
