import { type AnomalyLabelId, asId } from '../common/ids';
import type { MetricPoint } from '../metrics/metric-query';
import type { AnomalyLabel } from './anomaly-label';
import { detectInSeries, missedRanges, type SeriesToDetect } from './detect-in-series';
import { runAtOnce } from './judge-series';

const MINUTE = 60_000;
const KEY = { metricName: 'latency', serviceName: 'api', tags: {} };
const valueAt = (minute: number) => 100 + ((minute * 7) % 5);

function points(from: number, to: number, value = valueAt): MetricPoint[] {
  return Array.from({ length: to - from }, (_, index) => ({
    atMs: (from + index) * MINUTE,
    value: value(from + index),
  }));
}

const detect = (given: readonly MetricPoint[], toMinute: number, more: Partial<SeriesToDetect> = {}) =>
  runAtOnce(
    detectInSeries({
      line: { ...KEY, points: given },
      judgeFromMs: 0,
      toMs: toMinute * MINUTE,
      leaveOut: [],
      labels: [],
      ...more,
    }),
  );
/** As a store would give it back. */
const throughJson = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

describe('detectInSeries', () => {
  const jump = (minute: number) => (minute >= 400 ? 900 : valueAt(minute));

  it('finds the same in one run and in many, whatever the state went through in between', () => {
    const whole = detect(points(0, 420, jump), 420);
    expect(whole.anomalies[0]).toMatchObject({ ...KEY, atMs: 400 * MINUTE, phase: 'onset', direction: 'up' });
    let judgement = detect(points(0, 300, jump), 300);
    const found = [...judgement.anomalies];
    for (let minute = 300; minute < 420; minute += 5) {
      judgement = detect(points(minute, minute + 5, jump), minute + 5, {
        resumeFrom: throughJson(judgement.after.state),
        expectedToMs: minute * MINUTE,
      });
      expect(judgement.expectedToMs).toBe(minute * MINUTE);
      found.push(...judgement.anomalies);
    }
    expect(found).toEqual(whole.anomalies);
    expect(judgement.after.state).toEqual(whole.after.state);
    expect(judgement.after.recent).toHaveLength(5);
  });

  it('judges what is left out and does not learn from it, as one excursion', () => {
    const before = detect(points(0, 400, jump), 400);
    const leaveOut = [{ fromMs: 395 * MINUTE, toMs: 500 * MINUTE }];
    let resumeFrom = before.after.state;
    const phases: string[] = [];
    for (let minute = 400; minute < 410; minute += 1) {
      const { anomalies, after } = detect(points(minute, minute + 1, jump), minute + 1, {
        resumeFrom,
        leaveOut,
      });
      phases.push(...anomalies.map(({ phase }) => phase));
      expect(after.state.detector).toEqual(before.after.state.detector);
      resumeFrom = after.state;
    }
    expect(phases).toEqual(['onset', ...Array.from({ length: 9 }, () => 'ongoing')]);
  });

  const label = (verdict: AnomalyLabel['verdict'], more: Partial<AnomalyLabel> = {}): AnomalyLabel => ({
    id: asId<AnomalyLabelId>('a'),
    metricName: 'latency',
    verdict,
    fromMs: 1000 * MINUTE,
    toMs: 1001 * MINUTE,
    furthestUp: 0,
    furthestDown: 0,
    note: '',
    createdAtMs: 0,
    ...more,
  });

  it('reports what labels say was missed, and keeps quiet about what they say was none', () => {
    const bump = (minute: number) => (minute === 300 ? 107 : minute === 400 ? 150 : valueAt(minute));
    const minutes = (labels: AnomalyLabel[]) =>
      detect(points(0, 450, bump), 450, { labels })
        .anomalies.filter(({ phase }) => phase === 'onset')
        .map(({ atMs }) => atMs / MINUTE);
    expect(minutes([])).toContain(400);
    expect(minutes([label('not_an_anomaly', { furthestUp: 1000 })])).not.toContain(400);
    const quiet = label('not_an_anomaly', { fromMs: 400 * MINUTE, toMs: 401 * MINUTE });
    expect(minutes([quiet])).not.toContain(400);
    expect(minutes([label('not_an_anomaly', { furthestDown: 1000 })])).toContain(400);
    expect(minutes([])).not.toContain(300);
    expect(minutes([label('missed', { furthestUp: 3.5 })])).toContain(300);
    expect(minutes([{ ...quiet, serviceName: 'cart' }])).toContain(400);
  });

  it('names the times that were missed', () => {
    expect(missedRanges([label('missed'), label('not_an_anomaly')])).toEqual([
      { fromMs: 1000 * MINUTE, toMs: 1001 * MINUTE },
    ]);
  });
});
