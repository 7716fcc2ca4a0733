import { OpsError, type ProblemCode } from '../../../core/src/common/errors';
import { onEngine, sqlStateOf } from './engine-error';

const FOREIGN_KEY_VIOLATION = '23503';

/**
 * Runs a statement that writes rows of a parent: another row that must exist in the same project. Errors: `not_found` with
 * the given code where there is none; those of onEngine.
 */
export async function underParent<Answer>(
  code: ProblemCode,
  parent: string,
  call: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await onEngine(call);
  } catch (error) {
    if (sqlStateOf(error) !== FOREIGN_KEY_VIOLATION) throw error;
    throw new OpsError('not_found', code, `there is no such ${parent} in this project`, { cause: error });
  }
}
