import { asId } from '../common/ids';
import type { CountedPattern } from './describe-patterns';
import { riseBucketSeconds, riseRange, risenFingerprints, withRises } from './pattern-rises';

const MINUTE = 60_000;
const scope = {
  baseline: { fromMs: 0, toMs: 30 * MINUTE },
  incident: { fromMs: 30 * MINUTE, toMs: 32 * MINUTE },
  services: [],
};
const BUCKET_SECONDS = 5;

function pattern(
  name: string,
  baselineCount: number,
  incidentCount: number,
  serviceName = 's',
): CountedPattern {
  return {
    ref: `pattern:${serviceName}:${name}`,
    serviceName,
    level: 'warn',
    text: name,
    baselineCount,
    incidentCount,
    fingerprint: asId(name),
    exampleId: 'x',
  };
}

function volumes(fingerprint: string, countAt: (atMs: number) => number) {
  const { fromMs, toMs } = riseRange(scope);
  const starts = Array.from({ length: (toMs - fromMs) / 5000 }, (_, index) => fromMs + index * 5000);
  return starts.map((startMs) => ({
    fingerprint: asId<never>(fingerprint),
    startMs,
    count: countAt(startMs),
  }));
}

describe('the rise of a log pattern', () => {
  it('is asked for where a pattern of one service is clearly more frequent than in the baseline', () => {
    const shared = [pattern('shared', 100, 300), pattern('shared', 1, 1, 'other')];
    const patterns = [
      pattern('risen', 180, 90),
      pattern('new', 0, 90),
      pattern('steady', 180, 12),
      ...shared,
    ];
    expect(risenFingerprints(patterns, scope)).toEqual(['risen']);
  });

  it('begins where its counts over time do, not with the first record of the window', () => {
    const startMs = 31 * MINUTE + 20_000;
    const counts = volumes('risen', (atMs) => (atMs < startMs ? (atMs / 5000) % 2 : 9));
    const [risen, other] = withRises(
      [pattern('risen', 180, 90), pattern('other', 0, 9)],
      counts,
      scope,
      BUCKET_SECONDS,
    );
    expect(risen?.firstAtMs).toBe(startMs);
    expect(other?.firstAtMs).toBeUndefined();
  });

  it('begins where it begins, also where it was over long before the incident was', () => {
    const long = { ...scope, incident: { fromMs: 30 * MINUTE, toMs: 90 * MINUTE } };
    const burst = { fromMs: 32 * MINUTE, toMs: 50 * MINUTE };
    const counts = Array.from({ length: 90 }, (_, minute) => minute * MINUTE).map((startMs) => ({
      fingerprint: asId<never>('risen'),
      startMs,
      count: startMs >= burst.fromMs && startMs < burst.toMs ? 9 : 1,
    }));
    const [risen] = withRises([pattern('risen', 30, 200)], counts, long, 60);
    expect(risen?.firstAtMs).toBe(burst.fromMs);
  });

  it('is told of the incident window only, also where a pattern rose just before', () => {
    const counts = volumes('risen', (atMs) => (atMs < 29.5 * MINUTE ? 0 : 9));
    const [risen] = withRises([pattern('risen', 180, 216)], counts, scope, BUCKET_SECONDS);
    expect(risen?.firstAtMs).toBe(scope.incident.fromMs);
  });

  it('is asked for of twenty patterns at most, over no more time before the incident than it lasts', () => {
    const patterns = Array.from({ length: 25 }, (_, index) => pattern(`risen-${index}`, 180, 90));
    expect(risenFingerprints(patterns, scope)).toHaveLength(20);
    expect(riseRange(scope)).toEqual({ fromMs: 28 * MINUTE, toMs: 32 * MINUTE });
    const sooner = { ...scope, baseline: { fromMs: 29 * MINUTE, toMs: 30 * MINUTE } };
    expect(riseRange(sooner).fromMs).toBe(29 * MINUTE);
  });

  it('is looked for by the minute over long times and among many records, which reads none of them', () => {
    const bucketOf = (minutes: number, records = 1) =>
      riseBucketSeconds({ fromMs: 0, toMs: minutes * MINUTE }, [pattern('risen', 0, records)]);
    expect([50_000, 200_000].map((records) => bucketOf(3, records))).toEqual([5, 60]);
    expect([3, 10, 11, 120, 720].map((minutes) => bucketOf(minutes))).toEqual([5, 5, 60, 60, 120]);
  });

  it('has no beginning where its counts tell none', () => {
    const counts = volumes('risen', (atMs) => (atMs / 5000) % 2);
    expect(
      withRises([pattern('risen', 180, 90)], counts, scope, BUCKET_SECONDS)[0]?.firstAtMs,
    ).toBeUndefined();
  });
});
