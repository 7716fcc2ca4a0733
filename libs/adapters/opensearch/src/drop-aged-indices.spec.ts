import { newScope } from '../../../../test/support/new-scope';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { openSearchForEach, SILENT } from '../../../../test/support/opensearch-specs';
import { numberedRecords, recordOf, totalOf } from '../../../conformance/src/given-log-records.conformance';
import { encodeLogBatch } from '../../../contracts/src/log-batch.message';
import type { ProjectId } from '../../../core/src/common/ids';
import { unavailable } from './engine-error';
import { type OpenSearchAnswer, OpenSearchConnection, type OpenSearchRequest } from './opensearch-connection';
import { OpenSearchLogStore } from './opensearch-log-store';

const DAY = 'day-2026.03.10';
const OLDER = 'day-2026.03.09';

describeWithEngine('opensearch', 'retention on OpenSearch', (url) => {
  const subject = openSearchForEach(url);
  const mine = newScope();

  const aged = () => Promise.resolve(new Map([[mine.projectId, Date.parse('2026-03-11')]]));
  const nothingAged = () => Promise.resolve(new Map([[newScope().projectId, Date.parse('2026-03-11')]]));
  const batchOf = (count: number, scope = mine) => numberedRecords(scope, count);
  const total = (scope = mine) => totalOf(subject.store, scope);
  const exists = async (day = DAY) => {
    const path = `/${subject.prefix}-${day}/_settings`;
    return (await subject.connection.send({ method: 'GET', path, expected: [404] })).status === 200;
  };
  const block = (name: string, value: true | null, day = DAY) =>
    subject.connection.send({
      method: 'PUT',
      path: `/${subject.prefix}-${day}/_settings`,
      body: { [`index.blocks.${name}`]: value },
    });
  const writeBoth = async () => {
    await subject.store.write(mine, batchOf(2));
    await subject.store.write(
      mine,
      encodeLogBatch([recordOf(mine, { at: '2026-03-09T12:00:00.000Z', index: 9 })]),
    );
  };
  /** A store of another process, whose records cannot be searched for at once. */
  const withStore = async (
    connection: OpenSearchConnection,
    use: (store: OpenSearchLogStore) => Promise<unknown>,
  ) => {
    try {
      await use(new OpenSearchLogStore(connection, { indexPrefix: subject.prefix, log: SILENT }));
    } finally {
      await connection.close();
    }
  };

  /** Right after it has blocked the index. */
  const dropAndBeKilled = () => {
    class IsKilled extends OpenSearchConnection {
      private isGone = false;

      override async send(request: OpenSearchRequest): Promise<OpenSearchAnswer> {
        if (this.isGone) throw unavailable('killed');
        this.isGone = request.path.endsWith('/_block/write');
        return super.send(request);
      }
    }
    return withStore(new IsKilled({ url, timeoutMs: 20_000, connections: 1 }), (store) =>
      expect(store.dropDays(aged)).rejects.toMatchObject({ message: 'killed' }),
    );
  };

  it('drops an index that has aged as a whole, but not while others have records in it', async () => {
    const theirs = newScope();
    const after = Date.parse('2026-03-11');
    await subject.store.write(mine, batchOf(5));
    await subject.store.write(theirs, batchOf(3, theirs));
    expect(await subject.store.dropDays(aged)).toEqual([]);
    expect(await subject.store.deleteBefore(mine, after)).toBe(5);
    expect([await exists(), await total(), await total(theirs)]).toEqual([true, 0, 3]);
    expect(await subject.store.deleteBefore(theirs, after)).toBe(3);
    expect(
      await subject.store.dropDays(() => Promise.resolve(new Map([[mine.projectId, after - 1]]))),
    ).toEqual([]);
    expect(await exists()).toBe(true);
    expect(await subject.store.dropDays(aged)).toEqual([{ endMs: after, records: 0 }]);
    expect(await exists()).toBe(false);

    expect(await subject.store.write(mine, batchOf(5))).toMatchObject({ written: 5 });
    expect(await total()).toBe(5);
  });

  it('keeps an index to which somebody has added records that cannot be searched for yet, and lets writers in again', async () => {
    const theirs = newScope();
    const { connection, prefix: indexPrefix } = subject;
    const store = new OpenSearchLogStore(connection, { indexPrefix, log: SILENT });
    await subject.store.write(mine, batchOf(5));
    await store.write(theirs, batchOf(3, theirs));
    expect(await store.dropDays(aged)).toEqual([]);
    expect([await total(), await total(theirs)]).toEqual([5, 3]);
    expect(await subject.store.write(theirs, batchOf(4, theirs))).toMatchObject({ written: 1 });
  });

  it('does not take a record for deleted that is in a blocked index', async () => {
    const theirs = newScope();
    await subject.store.write(mine, batchOf(2));
    await subject.store.write(theirs, batchOf(1, theirs));
    await block('write', true);
    const before = Date.parse('2026-03-10T23:00:00.000Z');
    await expect(subject.store.deleteBefore(mine, before)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/index\.blocks/),
    });
    await block('write', null);
    expect(await subject.store.deleteBefore(mine, before)).toBe(2);
  });

  it('deletes beside records in a blocked index, and says in the end that these are left', async () => {
    const theirs = newScope();
    await writeBoth();
    await subject.store.write(theirs, batchOf(1, theirs));
    await block('write', true, OLDER);
    const before = Date.parse('2026-03-11');
    const portions: number[] = [];
    const deleting = subject.store.deleteBefore(mine, before, async (count) => portions.push(count) > 0);
    await expect(deleting).rejects.toMatchObject({ message: expect.stringMatching(/index\.blocks/) });
    expect(portions).toEqual([2]);
    await block('write', null, OLDER);
    expect(await subject.store.deleteBefore(mine, before)).toBe(1);
  });

  it('loses no record that was taken while another project deletes its own in the middle of a drop', async () => {
    const theirs = newScope();
    const keeper = newScope();
    const store = subject.store;
    let taken: unknown;
    class Meanwhile extends OpenSearchConnection {
      override async send(request: OpenSearchRequest): Promise<OpenSearchAnswer> {
        if (request.method === 'DELETE') {
          await store.deleteBefore(theirs, Date.parse('2026-03-11'));
          taken = await store.write(keeper, batchOf(1, keeper)).catch((error: unknown) => error);
        }
        return super.send(request);
      }
    }
    await store.write(mine, batchOf(2));
    await withStore(new Meanwhile({ url, timeoutMs: 20_000, connections: 1 }), (dropping) =>
      expect(dropping.dropDays(aged)).resolves.toHaveLength(1),
    );
    expect(taken).toMatchObject({ message: expect.stringMatching(/index\.blocks/) });
    expect(await store.write(keeper, batchOf(1, keeper))).toMatchObject({ written: 1 });
    expect(await total(keeper)).toBe(1);
  });

  it('counts an index once where two drop it at the same time', async () => {
    const others: unknown[] = [];
    class Meanwhile extends OpenSearchConnection {
      override async send(request: OpenSearchRequest): Promise<OpenSearchAnswer> {
        if (request.method === 'DELETE') others.push(...(await subject.store.dropDays(aged)));
        return super.send(request);
      }
    }
    await subject.store.write(mine, batchOf(2));
    await withStore(new Meanwhile({ url, timeoutMs: 20_000, connections: 1 }), (store) =>
      expect(store.dropDays(aged)).resolves.toEqual([]),
    );
    expect(others).toEqual([{ endMs: Date.parse('2026-03-11'), records: 2 }]);
    expect(await subject.store.write(mine, batchOf(1))).toMatchObject({ written: 1 });
  });

  it('keeps an index of a project that decides to keep it while the index is blocked to be dropped', async () => {
    let limits = await aged();
    class Decides extends OpenSearchConnection {
      override async send(request: OpenSearchRequest): Promise<OpenSearchAnswer> {
        if (request.path.endsWith('/_block/write')) limits = new Map();
        return super.send(request);
      }
    }
    await subject.store.write(mine, batchOf(2));
    await withStore(new Decides({ url, timeoutMs: 20_000, connections: 1 }), (store) =>
      expect(store.dropDays(() => Promise.resolve(limits))).resolves.toEqual([]),
    );
    expect(await subject.store.write(mine, batchOf(3))).toMatchObject({ written: 1 });
    expect(await total()).toBe(3);
  });

  it('drops aged indices where OpenSearch has blocked them because the disk is full', async () => {
    await subject.store.write(mine, batchOf(2));
    await block('read_only_allow_delete', true);
    expect(await subject.store.dropDays(aged)).toEqual([{ endMs: Date.parse('2026-03-11'), records: 2 }]);
    expect(await exists()).toBe(false);
  });

  it('keeps, on a full disk, one with records that must stay', async () => {
    const theirs = newScope();
    const { connection, prefix: indexPrefix } = subject;
    const unseen = new OpenSearchLogStore(connection, { indexPrefix, log: SILENT });
    await subject.store.write(mine, batchOf(2));
    await unseen.write(theirs, batchOf(1, theirs));
    await block('read_only_allow_delete', true);
    expect(await unseen.dropDays(aged)).toEqual([]);
    await block('read_only_allow_delete', null);
    expect([await total(), await total(theirs)]).toEqual([2, 1]);
  });

  it('drops aged indices beside one that is closed', async () => {
    await writeBoth();
    await subject.connection.send({ method: 'POST', path: `/${subject.prefix}-${OLDER}/_close` });
    expect(await subject.store.dropDays(aged)).toHaveLength(1);
    expect([await exists(OLDER), await exists()]).toEqual([true, false]);
  });

  it('drops aged indices beside one that nobody may change, and says so in the end', async () => {
    await writeBoth();
    await block('read_only', true, OLDER);
    try {
      await expect(subject.store.dropDays(aged)).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringMatching(/index\.blocks/),
      });
      expect([await exists(OLDER), await exists()]).toEqual([true, false]);
    } finally {
      await block('read_only', null, OLDER);
    }
  });

  it('lets writers in again where the answer to its block was lost', async () => {
    class LosesAnswers extends OpenSearchConnection {
      override async send(request: OpenSearchRequest): Promise<OpenSearchAnswer> {
        const answer = await super.send(request);
        if (request.path.endsWith('/_block/write')) throw unavailable('no answer');
        return answer;
      }
    }
    await subject.store.write(mine, batchOf(2));
    await withStore(new LosesAnswers({ url, timeoutMs: 20_000, connections: 1 }), (store) =>
      expect(store.dropDays(aged)).rejects.toMatchObject({ message: 'no answer' }),
    );
    expect(await subject.store.write(mine, batchOf(3))).toMatchObject({ written: 1 });
  });

  it('takes back a block that a killed process has left on one that must stay', async () => {
    const theirs = newScope();
    await subject.store.write(mine, batchOf(2));
    await dropAndBeKilled();
    const blocked = { message: expect.stringMatching(/index\.blocks/) };
    await expect(subject.store.write(theirs, batchOf(1, theirs))).rejects.toMatchObject(blocked);
    expect(await subject.store.dropDays(nothingAged)).toEqual([]);
    expect(await subject.store.write(theirs, batchOf(1, theirs))).toMatchObject({ written: 1 });
    expect(await subject.store.dropDays(aged)).toEqual([]);
    await block('write', true);
    expect(await subject.store.dropDays(aged)).toEqual([]);
    await expect(subject.store.write(theirs, batchOf(2, theirs))).rejects.toMatchObject(blocked);
  });

  it.each<[string, ReadonlyMap<ProjectId, number>]>([
    ['were raised', new Map([[mine.projectId, Date.parse('2026-03-09')]])],
    ['are gone', new Map()],
  ])('takes back a block that a killed process has left where the limits %s since', async (_what, limits) => {
    await subject.store.write(mine, batchOf(2));
    await dropAndBeKilled();
    expect(await subject.store.dropDays(() => Promise.resolve(limits))).toEqual([]);
    expect(await subject.store.write(mine, batchOf(3))).toMatchObject({ written: 1 });
  });

  it('leaves a block that somebody else has put on one that must stay', async () => {
    const theirs = newScope();
    const blocked = { message: expect.stringMatching(/index\.blocks/) };
    await subject.store.write(mine, batchOf(2));
    await withStore(new OpenSearchConnection({ url, timeoutMs: 20_000, connections: 1 }), async (unseen) => {
      await unseen.write(theirs, batchOf(1, theirs));
      await block('write', true);
      // The first looks before that record can be searched for, the second after.
      for (const store of [unseen, subject.store]) {
        expect(await store.dropDays(aged)).toEqual([]);
        await expect(store.write(theirs, batchOf(2, theirs))).rejects.toMatchObject(blocked);
      }
    });
    expect([await total(), await total(theirs)]).toEqual([2, 1]);
  });

  it('drops one that somebody else has blocked, for its records have aged all the same', async () => {
    await subject.store.write(mine, batchOf(2));
    await block('write', true);
    expect(await subject.store.dropDays(aged)).toHaveLength(1);
    expect(await exists()).toBe(false);
  });
});
