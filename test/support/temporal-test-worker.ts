import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createWorkers, runWorkers } from '../../apps/workflow-worker/src/create-workers';
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
  const workers = await createWorkers({
    connection: nativeConnection,
    namespace,
    taskQueue,
    workflowBundle: await loadWorkflowBundle(),
    activities: makeActivities(client, taskQueue),
    identity: 'test',
    shutdownForceTime: '5 seconds',
  });
  const stopping = new AbortController();
  const finished = runWorkers(workers, async () => void (await once(stopping.signal, 'abort')));
  return {
    client,
    namespace,
    taskQueue,
    stop: async () => {
      stopping.abort();
      await finished;
      await nativeConnection.close();
      await connection.close();
    },
  };
}
