import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { connect } from 'amqplib';
import { queueNamesOf } from '../../libs/adapters/rabbitmq/src/queue-topology';
import { createTestDatabase } from './test-database';

/** Which variable of the roles each engine that `npm start` does without is named by, and which one of the tests. */
export const ENGINE_VARIABLES = {
  QUEUE_URL: 'OPSPILOT_TEST_RABBITMQ_URL',
  LOG_STORE_URL: 'OPSPILOT_TEST_OPENSEARCH_URL',
  CACHE_URL: 'OPSPILOT_TEST_REDIS_URL',
  OBJECT_STORE_URL: 'OPSPILOT_TEST_S3_URL',
} as const;

export interface ProductionEngines {
  /** What the roles are started with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly databaseUrl: string;
  /** Removes the database, the queues, the indices and the bucket. */
  remove(): Promise<void>;
}

/**
 * A part of every production engine for one test file: a database, queues, indices and a bucket of its own. `own` are engines
 * that the test started itself, to break them.
 */
export async function takeProductionEngines(
  own: Partial<Readonly<Record<keyof typeof ENGINE_VARIABLES, string>>> = {},
): Promise<ProductionEngines> {
  const urlOf = (variable: keyof typeof ENGINE_VARIABLES) =>
    own[variable] ?? process.env[ENGINE_VARIABLES[variable]] ?? '';
  const name = `e2e-${randomUUID()}`;
  const database = await createTestDatabase();
  const bucket = await createBucket(urlOf('OBJECT_STORE_URL'), name);
  return {
    databaseUrl: database.url,
    environment: {
      DATABASE_URL: database.url,
      QUEUE_URL: urlOf('QUEUE_URL'),
      QUEUE_NAME_PREFIX: `${name}.`,
      LOG_STORE_URL: urlOf('LOG_STORE_URL'),
      LOG_STORE_INDEX_PREFIX: name,
      CACHE_URL: urlOf('CACHE_URL'),
      OBJECT_STORE_URL: bucket.url,
    },
    remove: async () => {
      await Promise.all([
        database.drop(),
        removeQueues(urlOf('QUEUE_URL'), `${name}.`),
        removeIndices(urlOf('LOG_STORE_URL'), name),
        bucket.remove(),
      ]);
    },
  };
}

export async function removeQueues(url: string, prefix: string): Promise<void> {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    for (const name of queueNamesOf(prefix)) await channel.deleteQueue(name);
  } finally {
    await connection.close();
  }
}

export async function removeIndices(url: string, prefix: string): Promise<void> {
  for (const path of [`${prefix}*`, `_index_template/${prefix}*`]) {
    const response = await fetch(new URL(path, url), { method: 'DELETE' });
    // None of them is fine.
    if (!response.ok && response.status !== 404)
      throw new Error(`cannot remove ${path}: ${response.status} ${await response.text()}`);
  }
}

async function createBucket(server: string, bucket: string) {
  const { protocol, origin, username, password } = new URL(server);
  const client = new S3Client({
    endpoint: origin,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: username, secretAccessKey: password },
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const named = server.replace(protocol, protocol === 'http:' ? 's3+http:' : 's3:').replace(/\/$/, '');
  return {
    url: `${named}/${bucket}`,
    remove: async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      client.destroy();
    },
  };
}
