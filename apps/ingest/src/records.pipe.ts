import type { ArgumentMetadata } from '@nestjs/common';
import { z } from 'zod';
import { OpsError } from '../../../libs/core/src/common/errors';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { parseJsonBody } from '../../../libs/http/src/parse-json-body';

const NEWLINE = 0x0a;
const LONGEST_BLANK_LINE = 16;

/** A line of NDJSON that is no JSON: it concerns its own record only. */
export class BrokenLine {
  constructor(
    readonly line: string,
    readonly reason: string,
  ) {}
}

/**
 * The records of a request in each form that it may have: the seed's envelope, the bare array, or NDJSON, which arrives
 * as bytes. Errors: OpsError `invalid` for any other shape, `too_large` for more records than allowed.
 */
export class RecordsPipe<Name extends string> extends ContractPipe<
  z.ZodObject<Record<Name, z.ZodArray<z.ZodUnknown>>>
> {
  constructor(
    schema: z.ZodObject<Record<Name, z.ZodArray<z.ZodUnknown>>>,
    private readonly name: Name,
  ) {
    super(schema);
  }

  override transform(value: unknown, metadata: ArgumentMetadata) {
    if (Buffer.isBuffer(value)) return super.transform({ [this.name]: readLines(value) }, metadata);
    return super.transform(Array.isArray(value) ? { [this.name]: value } : value, metadata);
  }
}

function readLines(body: Buffer): unknown[] {
  const records: unknown[] = [];
  for (let start = 0; start < body.length;) {
    const newline = body.indexOf(NEWLINE, start);
    const end = newline === -1 ? body.length : newline;
    const line = body.subarray(start, end);
    if (line.length > LONGEST_BLANK_LINE || line.toString('utf8').trim() !== '') records.push(readLine(line));
    start = end + 1;
  }
  return records;
}

function readLine(line: Buffer): unknown {
  try {
    return parseJsonBody(line);
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    const [problem] = error.fields;
    const allowed = problem?.allowed === undefined ? '' : `; expected ${problem.allowed}`;
    return new BrokenLine(line.toString('utf8'), `${problem?.reason ?? error.message}${allowed}`);
  }
}
