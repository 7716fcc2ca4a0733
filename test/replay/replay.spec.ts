import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { loadWorkflowBundle } from '../../apps/workflow-worker/src/workflow-bundle';
import { type RecordedHistory, recordedHistories } from '../support/workflow-history';

beforeAll(() => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: 'ERROR' } },
  });
});

/** What went wrong, by workflow. */
async function replayAll(recorded: readonly RecordedHistory[]): Promise<string[]> {
  const workflowBundle = await loadWorkflowBundle();
  const broken: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, recorded)) {
    if (error !== undefined) broken.push(`${workflowId}: ${error.message}`);
  }
  return broken;
}

describe('recorded histories', () => {
  it('replay with the workflows of today, so that a change cannot break runs under way', async () => {
    const recorded = await recordedHistories();
    expect(recorded.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'alertEvaluation',
        'anomalyDetection',
        'incident',
        'incident-resolved-by-itself',
        'incidentSweep',
        'investigation',
        'investigation-without-edges',
        'logClustering',
        'notification',
        'retention',
        'retentionSweep',
        'serviceEdges',
        'snapshot',
        'snapshotSweep',
        'transitionHandover',
      ]),
    );
    expect(await replayAll(recorded)).toEqual([]);
  }, 120_000);

  it('do not replay with a workflow that does something else, or this test would prove nothing', async () => {
    const recorded = (await recordedHistories()).filter(({ name }) => name === 'alertEvaluation');
    for (const { history } of recorded) {
      for (const { activityTaskScheduledEventAttributes: scheduled } of history.events ?? []) {
        if (scheduled?.activityType) scheduled.activityType.name = 'evaluateSomethingElse';
      }
    }
    expect(await replayAll(recorded)).toEqual([expect.stringContaining('evaluateShard')]);
  }, 120_000);
});
