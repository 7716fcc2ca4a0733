import type { OperatorService } from '@temporalio/client';
import type { Logger } from '../../../libs/observability/src/app-logger';
import { SEARCH_ATTRIBUTE_KEYS } from '../../../workflows/shared/search-attributes';

/** `Keyword` in temporal.api.enums.v1.IndexedValueType. */
const KEYWORD = 2;
const GRPC_ALREADY_EXISTS = 6;
const GRPC_LASTING = new Map([
  [3, 'INVALID_ARGUMENT'],
  [7, 'PERMISSION_DENIED'],
  [12, 'UNIMPLEMENTED'],
]);

/**
 * Declares our search attributes at the server, where they are missing. A server that does not let us is no obstacle: workflows
 * are then started without them, and people cannot filter by them. Errors: where the server does not answer.
 */
export async function declareSearchAttributes(
  operator: OperatorService,
  namespace: string,
  logger: Logger,
): Promise<void> {
  try {
    const { customAttributes } = await operator.listSearchAttributes({ namespace });
    const missing = SEARCH_ATTRIBUTE_KEYS.map(({ name }) => name).filter(
      (name) => !(name in customAttributes),
    );
    if (missing.length === 0) return;
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
    await operator.addSearchAttributes({ namespace, searchAttributes });
    logger.info({ search_attributes: missing }, 'search attributes declared');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === GRPC_ALREADY_EXISTS) return;
    const lasting = typeof code === 'number' ? GRPC_LASTING.get(code) : undefined;
    if (lasting === undefined) throw error;
    logger.warn(
      { err: error, grpc_status: lasting },
      'temporal does not let us declare search attributes, workflows run without them until an operator adds them',
    );
  }
}
