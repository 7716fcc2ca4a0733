import { type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { OpsError } from '../../core/src/common/errors';
import { toFieldProblems } from './field-problems';

/** Checks a body or the query parameters against a contract, and hands over what the contract makes of them. */
export class ContractPipe<Schema extends z.ZodType> implements PipeTransform<unknown, z.output<Schema>> {
  constructor(readonly schema: Schema) {}

  transform(value: unknown, metadata: ArgumentMetadata): z.output<Schema> {
    if (metadata.type === 'query')
      return parseContract(this.schema, onceEach(value), 'the query parameters are');
    // No body stands for one without fields; `null` is a body, and of none of the forms that there are.
    return parseContract(this.schema, value === undefined ? {} : value, 'the body is');
  }
}

/** What the contract makes of the input. Errors: OpsError `invalid` with every field that is wrong. */
export function parseContract<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what = 'the body is',
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalid(what, toFieldProblems(result.error, input));
}

function invalid(what: string, fields: ReturnType<typeof toFieldProblems>): OpsError {
  const first = fields[0];
  const more = fields.length > 1 ? `, and ${fields.length - 1} more` : '';
  const detail = first === undefined ? `${what} wrong` : `${first.field}: ${first.reason}${more}`;
  return new OpsError('invalid', 'OPS_REQUEST_INVALID', detail, { fields });
}

function onceEach(query: unknown): unknown {
  const entries = Object.entries((query ?? {}) as Record<string, unknown>);
  const repeated = entries.filter(([, value]) => Array.isArray(value)).map(([name]) => name);
  if (repeated.length === 0) return Object.fromEntries(entries);
  throw invalid(
    'the query parameters are',
    repeated.map((field) => ({ field, reason: 'is given more than once', allowed: 'one value' })),
  );
}
