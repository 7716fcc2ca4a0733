import { OpsError, type ProblemCode } from '../../core/src/common/errors';

/** The value, or 404: the same for what is not there and for what belongs to another project. */
export function orNotFound<Value>(value: Value | undefined, code: ProblemCode, what: string): Value {
  if (value !== undefined) return value;
  throw new OpsError('not_found', code, `this project has no such ${what}`);
}
