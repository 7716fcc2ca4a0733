import { Connection } from '@temporalio/client';
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
