import { newScope } from '../../../../test/support/new-scope';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { openSearchForEach, SILENT } from '../../../../test/support/opensearch-specs';
import { numberedRecords, recordOf, totalOf } from '../../../conformance/src/given-log-records.conformance';
import { encodeLogBatch } from '../../../contracts/src/log-batch.message';
import { OpenSearchLogStore } from './opensearch-log-store';

describeWithEngine('opensearch', 'OpenSearchLogStore, whose indices somebody takes away', (url) => {
  const subject = openSearchForEach(url);
  const mine = newScope();

  const index = () => `/${subject.prefix}-day-2026.03.10`;
  const batchOf = (count: number) => numberedRecords(mine, count);
  const total = () => totalOf(subject.store, mine);

  it('answers nothing rather than a part where an index is closed, says which, and goes on when it is open', async () => {
    const ofTheDayAfter = encodeLogBatch([recordOf(mine, { at: '2026-03-11T12:00:00.000Z' })]);
    await subject.store.write(mine, batchOf(3));
    await subject.store.write(mine, ofTheDayAfter);
    await subject.connection.send({ method: 'POST', path: `${index()}/_close` });
    const expected = {
      kind: 'unavailable',
      message: expect.stringMatching(/log index .* is closed: open it .*day-2026\.03\.10/),
    };
    const march = { fromMs: Date.parse('2026-03-09'), toMs: Date.parse('2026-03-14') };
    const questions: Record<string, () => Promise<unknown>> = {
      search: () => subject.store.search(mine, { range: march, limit: 10, order: 'asc' }),
      'search in all': total,
      volume: () => subject.store.volume(mine, { range: march }, 3600),
      countBy: () => subject.store.countBy(mine, { range: march }, 'service_name', 10),
      write: () => subject.store.write(mine, batchOf(4)),
      check: () => subject.store.check(),
    };
    for (const [name, ask] of Object.entries(questions))
      expect([name, await ask().catch((error: unknown) => error)]).toEqual([
        name,
        expect.objectContaining(expected),
      ]);
    expect(await subject.store.countBlocks()).toBe(1);
    // What is old is found and deleted from the others.
    expect(await subject.store.oldest(mine)).toBe(Date.parse('2026-03-11T12:00:00.000Z'));
    expect(
      (await subject.store.volume(mine, { range: { ...march, fromMs: Date.parse('2026-03-11') } }, 3600))[12],
    ).toMatchObject({ count: 1 });
    await subject.connection.send({ method: 'POST', path: `${index()}/_open` });
    await subject.store.check();
    expect(await subject.store.write(mine, batchOf(4))).toMatchObject({ written: 1, duplicates: 3 });
    expect(await total()).toBe(5);
  });

  describe('where the index and the template are gone', () => {
    const removeAll = async () => {
      await subject.connection.send({ method: 'DELETE', path: index() });
      await subject.connection.send({ method: 'DELETE', path: `/_index_template/${subject.prefix}` });
    };

    it('makes both anew, as they must be, as after a start on an empty disk', async () => {
      await subject.store.write(mine, batchOf(3));
      await removeAll();
      const startedMs = performance.now();
      const clock = jest.spyOn(performance, 'now').mockReturnValue(startedMs + 10_000);
      try {
        expect(await subject.store.write(mine, batchOf(4))).toMatchObject({ written: 4 });
      } finally {
        clock.mockRestore();
      }
      expect(await total()).toBe(4);
    });

    it('says so of an index that OpenSearch then made as it likes, and goes on when that is deleted', async () => {
      await subject.store.write(mine, batchOf(3));
      await removeAll();
      await subject.store.write(mine, batchOf(4));
      const expected = {
        kind: 'unavailable',
        message: expect.stringMatching(
          /index spec-\w+-day-2026\.03\.10 was made without the index template.*delete it/,
        ),
      };
      await expect(subject.store.check()).rejects.toMatchObject(expected);
      expect(await subject.store.countBlocks()).toBe(1);
      const restarted = new OpenSearchLogStore(subject.connection, {
        indexPrefix: subject.prefix,
        log: SILENT,
      });
      await expect(restarted.write(mine, batchOf(5))).rejects.toMatchObject(expected);
      await subject.connection.send({ method: 'DELETE', path: index() });
      expect(await restarted.write(mine, batchOf(5))).toMatchObject({ written: 5 });
      await subject.store.check();
      await subject.connection.send({ method: 'POST', path: `${index()}/_refresh` });
      expect(await total()).toBe(5);
    });
  });
});
