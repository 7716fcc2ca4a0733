// What PostgreSQL itself can take: COPY of ready bytes into a plain table with one index.
import pg from 'pg';

const CREATE_TABLE = `
  CREATE TABLE raw_metrics (
    project_id uuid NOT NULL, timestamp timestamptz NOT NULL, metric_name text NOT NULL,
    metric_value double precision NOT NULL, service_name text NOT NULL, tags jsonb NOT NULL
  );
  CREATE INDEX raw_metrics_in_order ON raw_metrics (project_id, metric_name, timestamp DESC)`;

/** A COPY with ready bytes, in the form that pg's client takes statements of other packages in. */
class Copy {
  constructor(statement, bytes) {
    this.statement = statement;
    this.bytes = bytes;
    this.done = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
  }
  submit(connection) {
    connection.query(this.statement);
  }
  handleCopyInResponse(connection) {
    connection.sendCopyFromChunk(this.bytes);
    connection.endCopyFrom();
  }
  handleCommandComplete() {}
  handleReadyForQuery() {
    this.resolve();
  }
  handleError(error) {
    this.reject(error);
  }
}

/** Texts for COPY, `batch` samples each. */
export function copyBodies(samples, projectId, batch) {
  const bodies = [];
  let rows = [];
  const close = () => {
    if (rows.length > 0) bodies.push(Buffer.from(rows.join('')));
    rows = [];
  };
  for (const { metric_name, service_name, timestamp, metric_value, tags } of samples) {
    rows.push(
      `${projectId}\t${timestamp}\t${metric_name}\t${metric_value}\t${service_name}\t${JSON.stringify(tags)}\n`,
    );
    if (rows.length === batch) close();
  }
  close();
  return bodies;
}

/** Seconds for all bodies into a new table, over so many connections. */
export async function copyAll(url, bodies, connections) {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
  try {
    await clients[0].query(`DROP TABLE IF EXISTS raw_metrics; ${CREATE_TABLE}`);
    const startedAt = performance.now();
    let next = 0;
    await Promise.all(
      clients.map(async (client) => {
        while (next < bodies.length) {
          const copy = new Copy(
            'COPY raw_metrics (project_id, timestamp, metric_name, metric_value, service_name, tags) FROM STDIN',
            bodies[next++],
          );
          client.query(copy);
          await copy.done;
        }
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    await clients[0].query('DROP TABLE raw_metrics');
    return seconds;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** Rows of one statement on a connection of its own. */
export async function askDatabase(url, statement, values = []) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement, values)).rows;
  } finally {
    await client.end();
  }
}
