import type { Client } from '@temporalio/client';
import type { Clock } from '../../libs/core/src/common/clock';
import { OpsError } from '../../libs/core/src/common/errors';
import type { SnapshotId } from '../../libs/core/src/common/ids';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import type { Snapshot } from '../../libs/core/src/snapshots/snapshot';
import type { SnapshotStore } from '../../libs/core/src/snapshots/snapshot-store.port';
import { SnapshotTaker } from '../../libs/core/src/snapshots/snapshot-taker.port';
import { startWithAttributes } from '../shared/start-with-attributes';
import { snapshotWorkflowId } from '../shared/workflow-ids';
import { workflowUnavailable } from '../shared/workflow-unavailable';
import type { SnapshotInput } from './snapshot.contract';

export interface SnapshotClientOptions {
  readonly client: Client;
  readonly snapshots: SnapshotStore;
  readonly clock: Clock;
  /** How much time before it a snapshot covers. */
  readonly windowMs: number;
  readonly taskQueue: string;
  /** Longest wait for Temporal to take it. */
  readonly startTimeoutMs?: number;
  /** Longest wait for the snapshot; the workflow goes on after that. */
  readonly timeoutMs?: number;
}

const DEFAULT_START_TIMEOUT_MS = 5000;
const DEFAULT_TIMEOUT_MS = 30_000;

/** Takes a snapshot on a person's request. Two requests within the same millisecond share one. */
export class TemporalSnapshotTaker extends SnapshotTaker {
  constructor(private readonly options: SnapshotClientOptions) {
    super();
  }

  async take(scope: ProjectScope): Promise<Snapshot> {
    const id = await this.run(scope).catch((cause: unknown) => {
      throw workflowUnavailable('the snapshot could not be taken', cause);
    });
    const snapshot = await this.options.snapshots.find(scope, id);
    if (snapshot !== undefined) return snapshot;
    throw new OpsError('internal', 'OPS_INTERNAL', 'the snapshot was taken and is not there');
  }

  private async run({ projectId }: ProjectScope): Promise<SnapshotId> {
    const { client, clock, windowMs, taskQueue } = this.options;
    const { startTimeoutMs = DEFAULT_START_TIMEOUT_MS, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    const takenAtMs = clock.now();
    const input: SnapshotInput = { projectId, trigger: 'manual', takenAtMs, windowMs };
    const handle = await client.withDeadline(takenAtMs + startTimeoutMs, () =>
      startWithAttributes({ projectId }, (typedSearchAttributes) =>
        client.workflow.start('snapshot', {
          workflowId: snapshotWorkflowId(projectId, takenAtMs),
          workflowIdConflictPolicy: 'USE_EXISTING',
          taskQueue,
          args: [input],
          typedSearchAttributes,
        }),
      ),
    );
    return client.withDeadline(takenAtMs + timeoutMs, async () => (await handle.result()) as SnapshotId);
  }
}
