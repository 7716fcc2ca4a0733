import { randomBytes } from 'node:crypto';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { logStoreConformance } from '../../../conformance/src/log-store.conformance';
import type { EncodedBatch, WriteOutcome } from '../../../core/src/ingest/write-outcome';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { createLogger } from '../../../observability/src/logger';
import { OpenSearchConnection } from './opensearch-connection';
import { OpenSearchLogStore } from './opensearch-log-store';

describeWithEngine('opensearch', 'OpenSearchLogStore', (url) => {
  logStoreConformance('OpenSearch', async () => {
    const connection = new OpenSearchConnection({ url, timeoutMs: 20_000, connections: 8 });
    const prefix = `spec-${randomBytes(6).toString('hex')}`;
    const store = new FreshLogStore(connection, prefix);
    await store.ensurePartitions(Date.parse('2026-03-10T12:00:00Z'));
    return { store, end: () => endOf(connection, prefix) };
  });
});

/** Shows what it wrote at once; OpenSearch does within a second. */
class FreshLogStore extends OpenSearchLogStore {
  constructor(
    private readonly engine: OpenSearchConnection,
    private readonly prefix: string,
  ) {
    super(engine, { indexPrefix: prefix, log: createLogger({ level: 'silent', role: 'test' }) });
  }

  override async write(scope: ProjectScope, batch: EncodedBatch): Promise<WriteOutcome> {
    const outcome = await super.write(scope, batch);
    await this.refresh();
    return outcome;
  }

  override async deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number> {
    const deleted = await super.deleteBefore(scope, beforeMs);
    await this.refresh();
    return deleted;
  }

  private async refresh(): Promise<void> {
    await this.engine.send({ method: 'POST', path: `/${this.prefix}-*/_refresh` });
  }
}

async function endOf(connection: OpenSearchConnection, prefix: string): Promise<void> {
  await connection.send({ method: 'DELETE', path: `/${prefix}-*` });
  await connection.send({ method: 'DELETE', path: `/_index_template/${prefix}`, expected: [404] });
  await connection.close();
}
