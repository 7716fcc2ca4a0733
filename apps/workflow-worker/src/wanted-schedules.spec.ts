import { isOurSchedule, wantedSchedules } from './wanted-schedules';

describe('wantedSchedules', () => {
  it('wants one schedule per interval and shard, and one sweep per shard, whatever there is to evaluate', () => {
    const wanted = wantedSchedules({ shards: 2, snapshotIntervalMinutes: 5 });
    expect(wanted.map(({ scheduleId }) => scheduleId)).toEqual([
      'alertEvaluation:10s:shard-0',
      'alertEvaluation:30s:shard-0',
      'alertEvaluation:1m:shard-0',
      'alertEvaluation:5m:shard-0',
      'snapshotSweep:shard-0',
      'alertEvaluation:10s:shard-1',
      'alertEvaluation:30s:shard-1',
      'alertEvaluation:1m:shard-1',
      'alertEvaluation:5m:shard-1',
      'snapshotSweep:shard-1',
    ]);
    expect(wanted[6]).toMatchObject({ everyMs: 30_000, input: { intervalSeconds: 30, shard: 1, shards: 2 } });
    expect(wanted[9]).toMatchObject({ everyMs: 300_000, input: { shard: 1, shards: 2, windowMs: 300_000 } });
  });

  it('knows its own ids, and takes no other schedule for ours', () => {
    const wanted = wantedSchedules({ shards: 11, snapshotIntervalMinutes: 5 });
    expect(wanted.every(({ scheduleId }) => isOurSchedule(scheduleId))).toBe(true);
    for (const other of [
      'backup',
      'alertEvaluation',
      'my-snapshotSweep:shard-0',
      'snapshotSweep:shard-0:x',
    ]) {
      expect(isOurSchedule(other)).toBe(false);
    }
  });
});
