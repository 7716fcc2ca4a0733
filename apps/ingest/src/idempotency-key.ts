import { createHash, randomBytes } from 'node:crypto';
import { OpsError } from '../../../libs/core/src/common/errors';
import { DIGITS } from '../../../libs/core/src/logs/log-id';
import { RawBody } from '../../../libs/http/src/raw-body';

const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;
const HASH_LENGTH = 10;
const RANDOM_BYTES = 400 * HASH_LENGTH;

/** The header's value; undefined where there is none. Errors: OpsError `invalid`. */
export function readIdempotencyKey(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && KEY.test(header)) return header;
  const allowed = '1 to 255 printable ASCII characters';
  throw new OpsError('invalid', 'OPS_REQUEST_INVALID', `Idempotency-Key must be ${allowed}`, {
    fields: [{ field: 'Idempotency-Key', reason: 'is empty, too long or not printable', allowed }],
  });
}

/** What a request with a key asks for, so that another request under the same key is noticed. */
export function hashRequest(name: string, records: readonly unknown[] | RawBody): string {
  const body = records instanceof RawBody ? records.bytes : JSON.stringify(records);
  return createHash('sha256').update(`${name}\n`).update(body).digest('hex');
}

/** The part of its records' ids that stands for the batch: the same for every request with this key, else like no other. */
export function batchHashOf(projectId: string, idempotencyKey: string | undefined): string {
  const bytes =
    idempotencyKey === undefined
      ? takeRandom()
      : createHash('sha256').update(`${projectId}\n${idempotencyKey}`).digest();
  let hash = '';
  for (let at = 0; at < HASH_LENGTH; at++) hash += DIGITS.charAt((bytes[at] ?? 0) & 31);
  return hash;
}

/** Drawn for many requests at once: a draw costs as much as a small request's record. */
let random = Buffer.alloc(0);
function takeRandom(): Buffer {
  if (random.length < HASH_LENGTH) random = randomBytes(RANDOM_BYTES);
  const taken = random.subarray(0, HASH_LENGTH);
  random = random.subarray(HASH_LENGTH);
  return taken;
}
