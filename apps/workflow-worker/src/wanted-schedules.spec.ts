import { isOurSchedule, wantedSchedules } from './wanted-schedules';

describe('wantedSchedules', () => {
  it('wants one schedule per interval and shard, five sweeps per shard and one of all, whatever there is to evaluate', () => {
    const wanted = wantedSchedules({
      shards: 2,
      snapshotIntervalMinutes: 5,
      clusteringIntervalMinutes: 10,
      detectionIntervalMinutes: 2,
    });
    expect(wanted.map(({ scheduleId }) => scheduleId)).toEqual([
      'alertEvaluation:10s:shard-0',
      'alertEvaluation:30s:shard-0',
      'alertEvaluation:1m:shard-0',
      'alertEvaluation:5m:shard-0',
      'anomalyDetection:shard-0',
      'incidentSweep:shard-0',
      'logClustering:shard-0',
      'serviceEdges:shard-0',
      'snapshotSweep:shard-0',
      'alertEvaluation:10s:shard-1',
      'alertEvaluation:30s:shard-1',
      'alertEvaluation:1m:shard-1',
      'alertEvaluation:5m:shard-1',
      'anomalyDetection:shard-1',
      'incidentSweep:shard-1',
      'logClustering:shard-1',
      'serviceEdges:shard-1',
      'snapshotSweep:shard-1',
      'retentionSweep',
    ]);
    expect(wanted[10]).toMatchObject({
      everyMs: 30_000,
      input: { intervalSeconds: 30, shard: 1, shards: 2 },
    });
    expect(wanted[13]).toMatchObject({ everyMs: 120_000, input: { shard: 1, shards: 2 } });
    expect(wanted[14]).toMatchObject({ everyMs: 300_000, input: { shard: 1, shards: 2 } });
    expect(wanted[15]).toMatchObject({ everyMs: 600_000, input: { shard: 1, shards: 2, windowMs: 600_000 } });
    expect(wanted[16]).toMatchObject({ everyMs: 60_000, input: { shard: 1, shards: 2 } });
    expect(wanted[17]).toMatchObject({ everyMs: 300_000, input: { shard: 1, shards: 2, windowMs: 300_000 } });
    expect(wanted[18]).toMatchObject({ everyMs: 3_600_000, workflowType: 'retentionSweep', input: {} });
  });

  it('knows its own ids, and takes no other schedule for ours', () => {
    const wanted = wantedSchedules({
      shards: 11,
      snapshotIntervalMinutes: 5,
      clusteringIntervalMinutes: 10,
      detectionIntervalMinutes: 2,
    });
    expect(wanted.every(({ scheduleId }) => isOurSchedule(scheduleId))).toBe(true);
    for (const other of [
      'backup',
      'alertEvaluation',
      'my-snapshotSweep:shard-0',
      'snapshotSweep:shard-0:x',
      'my-retentionSweep',
    ]) {
      expect(isOurSchedule(other)).toBe(false);
    }
  });
});
