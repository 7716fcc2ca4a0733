import { Client, Connection, ScheduleNotFoundError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { waitFor } from './wait-for';

const NAMESPACE_RETENTION_MS = 86_400_000;

/** A namespace of its own keeps the schedules of test files apart. */
export async function createNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs(NAMESPACE_RETENTION_MS),
    });
    await waitFor('the namespace to be known', () =>
      connection.workflowService.describeNamespace({ namespace }).then(
        () => true,
        () => undefined,
      ),
    );
  } finally {
    await connection.close();
  }
}

/**
 * Once nothing serves the namespace any more: its schedules would go on for as long as the server runs, all of them at every whole
 * minute, and keep it from those who still test.
 */
export async function deleteSchedules(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const { schedule } = new Client({ connection, namespace });
    for await (const { scheduleId } of schedule.list())
      await schedule.getHandle(scheduleId).delete().catch(unlessItIsGone);
  } finally {
    await connection.close();
  }
}

/** The listing lags behind. */
function unlessItIsGone(error: unknown): void {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}
