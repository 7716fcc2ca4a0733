import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import { asId, type SnapshotId } from '../../libs/core/src/common/ids';
import { uuidOfName } from '../../libs/core/src/common/name-uuid';
import { SNAPSHOT_OPTIONS } from '../shared/activity-options';
import type { SnapshotActivities, SnapshotInput } from './snapshot.contract';

const { captureSnapshot } = proxyActivities<SnapshotActivities>(SNAPSHOT_OPTIONS);

/** Captures the state of one project at one instant. Returns the id under which it is kept. */
export async function snapshot(input: SnapshotInput): Promise<SnapshotId> {
  const { projectId, trigger, takenAtMs, windowMs } = input;
  const snapshotId = asId<SnapshotId>(uuidOfName(workflowInfo().workflowId));
  const range = { fromMs: takenAtMs - windowMs, toMs: takenAtMs };
  await captureSnapshot({ snapshotId, projectId, trigger, takenAtMs, range });
  return snapshotId;
}
