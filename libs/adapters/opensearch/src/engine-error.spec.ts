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

  it('is not what an index says that was deleted in the middle of a search: the next one does without it', () => {
    const gone = failedSearch({
      reason: 'Partial shards failure',
      root_cause: [{ type: 'index_not_found_exception', reason: 'no such index [logs-day-2026.03.10]' }],
    });
    expect(hasMissingShards(toRefusalError(refusalOf(404, gone)))).toBe(true);
  });

  it('is no reason for shards that are missing', () => {
    expect(hasMissingShards(toRefusalError(refusalOf(503, failedSearch({}))))).toBe(true);
  });
});

/** As nodes of OpenSearch 3.4 answer that still count on one which has just gone, or are the last one left. */
describe('a node of OpenSearch that is gone', () => {
  const gone = { type: 'node_not_connected_exception', reason: '[n1][127.0.0.1:9300] Node not connected' };

  it.each([
    ['a search', refusalOf(500, failedSearch({ root_cause: [gone] }))],
    ['a record that is asked for by its id', refusalOf(500, { error: { ...gone, root_cause: [gone] } })],
    ['a record that is written', toRefusal(500, gone)],
  ])('is told to %s as shards that are missing, which is asked again', (_, refusal) => {
    const error = toRefusalError(refusal);
    expect(error).toMatchObject({
      message: expect.stringMatching(/cannot reach all shards.*start the nodes/),
    });
    expect(hasMissingShards(error)).toBe(true);
  });
});

/** As OpenSearch 3.4 answers. */
describe('a block of OpenSearch', () => {
  it.each([
    [
      'of all that comes while it starts',
      503,
      'SERVICE_UNAVAILABLE/1/state not recovered / initialized',
      /is starting/,
    ],
    [
      'without a cluster manager',
      503,
      'SERVICE_UNAVAILABLE/2/no cluster-manager',
      /has no cluster manager: .*start/,
    ],
    [
      'of the cluster',
      403,
      'FORBIDDEN/6/cluster read-only (api)',
      /set cluster\.blocks\.read_only and cluster/,
    ],
    [
      'of the cluster but for deletions',
      403,
      'FORBIDDEN/13/cluster read-only / allow delete (api)',
      /cluster\.blocks/,
    ],
    [
      'of an index',
      403,
      'FORBIDDEN/8/index write (api)',
      /retention .* for seconds.*: if it stays so, set index\.blocks\.\* of it to null/,
    ],
    [
      'of an index on a full disk',
      429,
      'TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block',
      /disk is nearly full/,
    ],
  ])('%s is told as what it is', (_, status, block, words) => {
    const error = { type: 'cluster_block_exception', reason: `blocked by: [${block}];` };
    expect(remedyOf(toRefusal(status, error))).toMatch(words);
  });

  it('by closing an index names the index', () => {
    const error = { type: 'index_closed_exception', reason: 'closed', index: 'logs-day-2026.03.10' };
    expect(remedyOf(toRefusal(400, error))).toMatch(/closed: open it.*\(logs-day-2026\.03\.10\)$/);
  });
});

/** As OpenSearch 3.4 answers. */
describe('a limit of OpenSearch that somebody lowered', () => {
  const limited = (type: string, what: string, setting: string) => ({
    type,
    reason: `${what}. This limit can be set by changing the [${setting}] setting.`,
  });
  it.each([
    [
      400,
      {
        root_cause: [
          limited('illegal_argument_exception', 'Result window is too large', 'index.max_result_window'),
        ],
      },
      'index.max_result_window to 11001',
    ],
    [
      503,
      {
        caused_by: limited(
          'too_many_buckets_exception',
          'Trying to create too many buckets',
          'search.max_buckets',
        ),
      },
      'search.max_buckets to 65535',
    ],
  ])('is told by its name, at status %d', (status, body, words) => {
    const error = toRefusalError(refusalOf(status, failedSearch(body)));
    expect(error).toMatchObject({
      kind: 'unavailable',
      message: `OpenSearch is set to answer no question of this size: raise ${words} at least`,
    });
    expect(hasMissingShards(error)).toBe(false);
  });

  it('is not one of those that a record runs into', () => {
    const reason =
      'too many. This limit can be set by changing the [index.mapping.nested_objects.limit] index level setting.';
    expect(remedyOf(toRefusal(400, { type: 'illegal_argument_exception', reason }))).toBeUndefined();
  });
});
