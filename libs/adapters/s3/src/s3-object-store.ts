import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { OpsError } from '../../../core/src/common/errors';
import { mediaTypeOf, type ObjectKey, toObjectKey } from '../../../core/src/common/object-key';
import {
  type ObjectContent,
  ObjectStore,
  type StoredObject,
} from '../../../core/src/common/object-store.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { S3Location } from './s3-location';

export interface S3ObjectStoreOptions {
  readonly location: S3Location;
  /** Of one file. */
  readonly maxBytes: number;
  /** Longest wait for an answer to one attempt; there are three, with the SDK's own backoff. */
  readonly timeoutMs: number;
}

/** S3 lists so many at once. */
const PAGE_KEYS = 1000;
const ATTEMPTS = 3;
/** A file that comes more slowly than that is given up, as an answer is that does not come. */
const LEAST_BYTES_PER_SECOND = 64 * 1024;

/** Files in a bucket: `<project>/<key>`. Works with what speaks S3, addressed by path. The bucket must be there. */
export class S3ObjectStore extends ObjectStore {
  private readonly client: S3Client;
  private readonly bucket: string;

  constructor(private readonly options: S3ObjectStoreOptions) {
    super();
    const { endpoint, region, bucket, credentials } = options.location;
    this.bucket = bucket;
    this.client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      ...(credentials !== undefined && { credentials }),
      requestHandler: {
        connectionTimeout: options.timeoutMs,
        requestTimeout: options.timeoutMs,
        // Else it says on the console that the time is over, and waits on.
        throwOnRequestTimeout: true,
        // Of an answer that stops in the middle.
        socketTimeout: options.timeoutMs,
      },
      maxAttempts: ATTEMPTS,
      // Not every server that speaks S3 knows the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  override async put(scope: ProjectScope, key: ObjectKey, content: Uint8Array): Promise<void> {
    this.requireSize(content.length);
    await onS3(() =>
      this.client.send(
        new PutObjectCommand({ ...this.at(scope, key), Body: content, ContentType: mediaTypeOf(key) }),
        this.inTime(),
      ),
    );
  }

  override async get(scope: ProjectScope, key: ObjectKey): Promise<ObjectContent | undefined> {
    return onS3(() =>
      unlessAbsent(async () => {
        const answer = await this.client.send(new GetObjectCommand(this.at(scope, key)));
        const content = await this.contentOf(answer.Body);
        return { key, bytes: content.length, updatedAtMs: answer.LastModified?.getTime() ?? 0, content };
      }),
    );
  }

  override async list(
    scope: ProjectScope,
    folder: string,
    { limit, after }: { readonly limit: number; readonly after?: ObjectKey },
  ): Promise<readonly StoredObject[]> {
    const home = `${scope.projectId}/`;
    const found: StoredObject[] = [];
    let last: string | undefined = after === undefined ? undefined : home + after;
    while (found.length < limit) {
      const answer = await onS3(() =>
        this.client.send(
          new ListObjectsV2Command({
            Bucket: this.bucket,
            Prefix: `${home}${folder}/`,
            MaxKeys: Math.min(PAGE_KEYS, limit - found.length),
            ...(last !== undefined && { StartAfter: last }),
          }),
          this.inTime(),
        ),
      );
      const objects = answer.Contents ?? [];
      for (const { Key = '', Size = 0, LastModified } of objects) {
        const key = toObjectKey(Key.slice(home.length));
        if (key !== undefined) found.push({ key, bytes: Size, updatedAtMs: LastModified?.getTime() ?? 0 });
      }
      const next = objects.at(-1)?.Key;
      // A server that begins at the first key each time would be asked for ever.
      if (next === undefined || next === last || answer.IsTruncated !== true) break;
      last = next;
    }
    return found;
  }

  /** S3 deletes what is not there without a word, so it is asked for before. */
  override async delete(scope: ProjectScope, key: ObjectKey): Promise<boolean> {
    return onS3(async () => {
      const known = await unlessAbsent(() =>
        this.client.send(new HeadObjectCommand(this.at(scope, key)), this.inTime()),
      );
      if (known === undefined) {
        // Of a bucket that is not there, HEAD says the same as of a file.
        await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }), this.inTime());
        return false;
      }
      // Somebody else may have deleted it since, which some servers say.
      const deleted = await unlessAbsent(() =>
        this.client.send(new DeleteObjectCommand(this.at(scope, key)), this.inTime()),
      );
      return deleted !== undefined;
    });
  }

  /** Errors: OpsError `unavailable` where the bucket cannot be used. */
  async check(): Promise<void> {
    await onS3(() => this.client.send(new HeadBucketCommand({ Bucket: this.bucket }), this.inTime()));
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  private at(scope: ProjectScope, key: ObjectKey) {
    return { Bucket: this.bucket, Key: `${scope.projectId}/${key}` };
  }

  /** For a whole request: each byte of an answer would else be waited for as long as for the first. */
  private inTime() {
    return { abortSignal: AbortSignal.timeout(ATTEMPTS * this.options.timeoutMs) };
  }

  /** Counted as it comes: some servers send a file without saying how long it is. */
  private async contentOf(body: unknown): Promise<Uint8Array> {
    if (!(body instanceof Readable)) return new Uint8Array();
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const begunAtMs = performance.now();
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      this.requireSize(bytes);
      const allowedMs = this.options.timeoutMs + (bytes / LEAST_BYTES_PER_SECOND) * 1000;
      if (performance.now() - begunAtMs > allowedMs) throw new Error('the file comes too slowly');
      chunks.push(chunk);
    }
    return new Uint8Array(Buffer.concat(chunks, bytes));
  }

  private requireSize(bytes: number): void {
    if (bytes <= this.options.maxBytes) return;
    const detail = `a file is larger than the ${this.options.maxBytes} bytes that are allowed`;
    throw new OpsError('too_large', 'OPS_OBJECT_TOO_LARGE', detail);
  }
}

const ABSENT = new Set(['NoSuchKey', 'NotFound']);

async function unlessAbsent<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof S3ServiceException && ABSENT.has(error.name)) return undefined;
    throw error;
  }
}

/** Whatever S3 refuses is a matter of its set-up, not of the caller's. */
async function onS3<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof OpsError) throw cause;
    throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', `the object store ${whatIsWrong(cause)}`, {
      cause,
    });
  }
}

/** Of the SDK, which looks for a key in many places where the URL has none. */
const NO_CREDENTIALS = 'CredentialsProviderError';

/** Servers disagree on the status: a full disk is answered with 507 or another 5xx, a quota with 4xx. */
const NO_ROOM = /StorageFull|QuotaExceeded|InsufficientStorage/;

/** With 503 or 429, or another 5xx. */
const TOO_BUSY = /SlowDown|ServiceUnavailable|TooManyRequests/;

function whatIsWrong(cause: unknown): string {
  if (cause instanceof Error && cause.name === NO_CREDENTIALS)
    return 'needs a key: put KEY:SECRET@ before the host in OBJECT_STORE_URL, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
  if (!(cause instanceof S3ServiceException)) return 'does not answer: start it, or correct OBJECT_STORE_URL';
  const status = cause.$metadata.httpStatusCode;
  if (status === 507 || NO_ROOM.test(cause.name)) return 'has no room: free space, or raise its quota';
  if (status === 429 || TOO_BUSY.test(cause.name))
    return `takes no more requests for the moment (${cause.name}): try again later, and send it fewer`;
  if (status === 403) return 'refuses the key or its rights: check OBJECT_STORE_URL';
  if (status === 404) return 'has no such bucket: make it, or name another one in OBJECT_STORE_URL';
  return `answers with ${cause.name}`;
}
