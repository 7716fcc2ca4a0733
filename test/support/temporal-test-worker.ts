import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { loadWorkflowBundle } from '../../apps/workflow-worker/src/workflow-bundle';

export interface TemporalTestWorker {
  readonly client: Client;
  readonly namespace: string;
  /** Of its own, so that test files share a server without taking each other's work. */
  readonly taskQueue: string;
  stop(): Promise<void>;
}

/** Runs all workflows, with the given activities, on the Temporal server of the tests. */
export async function startTemporalTestWorker(
  makeActivities: (client: Client, taskQueue: string) => object,
  namespace = 'default',
): Promise<TemporalTestWorker> {
  const address = process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '';
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const taskQueue = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace, identity: 'test' });
  const nativeConnection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection: nativeConnection,
    namespace,
    taskQueue,
    workflowBundle: await loadWorkflowBundle(),
    activities: makeActivities(client, taskQueue),
    identity: 'test',
    shutdownForceTime: '5 seconds',
  });
  const finished = worker.run();
  return {
    client,
    namespace,
    taskQueue,
    stop: async () => {
      worker.shutdown();
      await finished;
      await nativeConnection.close();
      await connection.close();
    },
  };
}
