import { randomBytes } from 'node:crypto';
import { OpenSearchConnection } from '../../libs/adapters/opensearch/src/opensearch-connection';
import { OpenSearchLogStore } from '../../libs/adapters/opensearch/src/opensearch-log-store';
import type { EncodedBatch, WriteOutcome } from '../../libs/core/src/ingest/write-outcome';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import type { GoOn } from '../../libs/core/src/projects/retention';
import type { Logger } from '../../libs/observability/src/app-logger';
import { createLogger } from '../../libs/observability/src/logger';

export const SILENT = createLogger({ level: 'silent', role: 'test' });

/** A log store with indices and a template of its own. */
export interface OpenSearchSubject {
  readonly connection: OpenSearchConnection;
  readonly prefix: string;
  readonly store: OpenSearchLogStore;
  /** Removes what it made. */
  end(): Promise<void>;
}

export function openSearchSubject(url: string, log: Logger): OpenSearchSubject {
  const connection = new OpenSearchConnection({ url, timeoutMs: 20_000, connections: 8 });
  const prefix = `spec-${randomBytes(6).toString('hex')}`;
  return {
    connection,
    prefix,
    store: new FreshLogStore(connection, prefix, log),
    end: async () => {
      await connection.send({ method: 'DELETE', path: `/${prefix}-*` });
      await connection.send({ method: 'DELETE', path: `/_index_template/${prefix}`, expected: [404] });
      await connection.close();
    },
  };
}

/** A new one for each test, removed after it. */
export function openSearchForEach(url: string, log: Logger = SILENT): Omit<OpenSearchSubject, 'end'> {
  let begun: OpenSearchSubject | undefined;
  const current = () => {
    if (begun === undefined) throw new Error('no test has begun');
    return begun;
  };
  beforeEach(() => {
    begun = openSearchSubject(url, log);
  });
  afterEach(async () => {
    const ended = begun;
    begun = undefined;
    await ended?.end();
  });
  return {
    get connection() {
      return current().connection;
    },
    get prefix() {
      return current().prefix;
    },
    get store() {
      return current().store;
    },
  };
}

/** Shows what it wrote at once; OpenSearch does within a second. */
class FreshLogStore extends OpenSearchLogStore {
  constructor(
    private readonly engine: OpenSearchConnection,
    private readonly prefix: string,
    log: Logger,
  ) {
    super(engine, { indexPrefix: prefix, log });
  }

  override async write(scope: ProjectScope, batch: EncodedBatch): Promise<WriteOutcome> {
    const outcome = await super.write(scope, batch);
    await this.refresh();
    return outcome;
  }

  override async deleteBefore(scope: ProjectScope, beforeMs: number, goOn?: GoOn): Promise<number> {
    const deleted = await super.deleteBefore(scope, beforeMs, goOn);
    await this.refresh();
    return deleted;
  }

  private async refresh(): Promise<void> {
    await this.engine.send({ method: 'POST', path: `/${this.prefix}-*/_refresh` });
  }
}
