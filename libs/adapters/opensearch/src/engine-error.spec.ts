import { OpsError } from '../../../core/src/common/errors';
import { hasMissingShards, refusalOf, remedyOf, toRefusal, toRefusalError } from './engine-error';

const tripped = (breaker: string) => ({
  type: 'circuit_breaking_exception',
  reason: `[${breaker}] Data too large, data for [<agg [d]>] would be [5120/5kb], which is larger than the limit of [1/1b]`,
  durability: 'TRANSIENT',
});
const failedSearch = (fields: object) => ({
  error: {
    type: 'search_phase_execution_exception',
    reason: '',
    root_cause: [],
    failed_shards: [],
    ...fields,
  },
});

/** As OpenSearch 3.4 answers. */
describe('a circuit breaker of OpenSearch', () => {
  it.each([
    ['before a request is looked at', 429, 'parent', { error: { ...tripped('parent'), root_cause: [] } }],
    ['in a shard', 429, 'request', failedSearch({ root_cause: [tripped('request')] })],
    ['while answers of shards are joined', 429, 'request', failedSearch({ caused_by: tripped('request') })],
    [
      'so that the rest is cancelled',
      500,
      'request',
      failedSearch({
        root_cause: [
          {
            type: 'task_cancelled_exception',
            reason: `The parent task was cancelled, shouldn't start any child tasks, Fatal failure during search: ${tripped('request').reason}`,
          },
        ],
      }),
    ],
    [
      'where no shard is said to have failed',
      503,
      'request',
      failedSearch({ caused_by: tripped('request') }),
    ],
  ])('that trips %s is told as what it is', (_, status, breaker, body) => {
    const error = toRefusalError(refusalOf(status, body));
    expect(error).toBeInstanceOf(OpsError);
    expect(error).toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(
        new RegExp(`more memory than it has: lower the load.*\\(circuit breaker ${breaker}\\)$`),
      ),
      retryAfterSeconds: 2,
    });
    expect(hasMissingShards(error)).toBe(false);
  });

  it('is not seen in a record that quotes one', () => {
    const error = {
      type: 'mapper_parsing_exception',
      reason: `failed to parse "${tripped('parent').reason}"`,
    };
    expect(toRefusal(400, error)).toMatchObject({ type: 'mapper_parsing_exception' });
    expect(remedyOf(toRefusal(400, error))).toBeUndefined();
  });

  it('is no reason for shards that are missing', () => {
    expect(hasMissingShards(toRefusalError(refusalOf(503, failedSearch({}))))).toBe(true);
  });
});
