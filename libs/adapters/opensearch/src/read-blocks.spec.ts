import { LogIndexNames } from './index-names';
import { OpenSearchConnection } from './opensearch-connection';
import { readBlocks } from './read-blocks';

/** What keeps a whole cluster from taking records would do so to the other specs, too. */
describe('readBlocks, of a cluster', () => {
  const connection = new OpenSearchConnection({ url: 'http://127.0.0.1:1', timeoutMs: 1000, connections: 1 });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => connection.close());

  const blocksWith = (settings: Readonly<Record<string, unknown>>) => {
    jest.spyOn(connection, 'send').mockImplementation(({ path }) =>
      Promise.resolve({
        status: 200,
        body: path.startsWith('/_cluster') ? settings : path.startsWith('/_resolve') ? { indices: [] } : {},
      }),
    );
    return readBlocks(connection, new LogIndexNames('logs'));
  };

  it.each([
    ['cluster.blocks.read_only', /^OpenSearch takes no writes at all.*cluster\.blocks\.read_only/],
    ['cluster.blocks.read_only_allow_delete', /^OpenSearch takes no writes at all.*read_only_allow_delete/],
    ['cluster.blocks.create_index', /makes no new index.*cluster\.blocks\.create_index/],
  ])('finds %s, persistent or transient', async (setting, message) => {
    const expected = [{ kind: 'unavailable', message: expect.stringMatching(message) }];
    const on = { [setting]: 'true' };
    expect(await blocksWith({ persistent: on, transient: {} })).toMatchObject(expected);
    expect(await blocksWith({ persistent: {}, transient: on })).toMatchObject(expected);
    expect(await blocksWith({ persistent: on, transient: { [setting]: 'false' } })).toEqual([]);
  });
});
