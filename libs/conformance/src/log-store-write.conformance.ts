import { encodeLogBatch } from '../../contracts/src/log-batch.message';
import { joinBatches } from '../../contracts/src/ndjson';
import { asId, type LogId } from '../../core/src/common/ids';
import type { LogRecord } from '../../core/src/logs/log-record';
import { ALL, type LogStoreEngine, startLogStore, NOON, recordOf } from './given-log-records.conformance';

const encoder = new TextEncoder();

/** Writing, and keeping projects apart. */
export function logStoreWriteConformance(start: () => Promise<LogStoreEngine>): void {
  const subject = startLogStore(start);

  describe('write', () => {
    it('gives back what it was given, every field of it', async () => {
      const full: LogRecord = {
        ...recordOf(subject.mine, { at: '2026-03-10T11:59:59.123Z', traceId: 't-1', correlationId: 'c-1' }),
        originalLevel: 'NOTICE',
        spanId: 's-1',
        message: 'line one\n\tline "two" \\ {"a":[1,2]} größe 日本語 🚀 \u2028 end',
        context: { 'http.status': 500, ok: false, none: null, text: 'ä"\n', ratio: 0.25, 'a.b': '' },
      };
      const bare = recordOf(subject.mine, { at: '2026-03-10T12:00:00.000Z', message: '' });
      await subject.store.write(subject.mine, encodeLogBatch([full, bare]));
      expect(await subject.store.find(subject.mine, full.id)).toEqual(full);
      expect(await subject.store.find(subject.mine, bare.id)).toEqual(bare);
    });

    it('changes nothing when the same records come again, and says how many were duplicates', async () => {
      const records = [recordOf(subject.mine, { message: 'a' }), recordOf(subject.mine, { message: 'b' })];
      expect(await subject.store.write(subject.mine, encodeLogBatch(records))).toEqual({
        written: 2,
        duplicates: 0,
        rejected: [],
      });
      const more = [...records, recordOf(subject.mine, { message: 'c' })];
      expect(await subject.store.write(subject.mine, encodeLogBatch(more))).toEqual({
        written: 1,
        duplicates: 2,
        rejected: [],
      });
      const twice = recordOf(subject.mine, { message: 'd' });
      expect(await subject.store.write(subject.mine, encodeLogBatch([twice, twice]))).toMatchObject({
        written: 1,
        duplicates: 1,
      });
      expect(await subject.messagesOf({})).toHaveLength(4);
    });

    it('refuses bad lines by index with a reason, and writes their neighbours', async () => {
      const good = (message: string) => encodeLogBatch([recordOf(subject.mine, { message })]);
      const bad = (text: string) => ({ ndjson: encoder.encode(`${text}\n`), recordCount: 1 });
      const unknownLevel = JSON.stringify({
        ...JSON.parse(new TextDecoder().decode(good('x').ndjson)),
        level: 'loud',
      });
      const batch = joinBatches([
        bad('{"id": broken'),
        good('one'),
        bad(unknownLevel),
        good('two'),
        good('three'),
        bad('{}'),
      ]);
      const outcome = await subject.store.write(subject.mine, batch);
      expect(outcome).toMatchObject({ written: 3, duplicates: 0 });
      expect(outcome.rejected.map(({ index }) => index)).toEqual([0, 2, 5]);
      for (const { reason } of outcome.rejected) expect(reason).not.toBe('');
      expect([...(await subject.messagesOf({}))].sort()).toEqual(['one', 'three', 'two']);
    });

    it('takes an empty batch for what it is', async () => {
      expect(await subject.store.write(subject.mine, encodeLogBatch([]))).toEqual({
        written: 0,
        duplicates: 0,
        rejected: [],
      });
    });

    it('takes a record whose words are too long or too many for an index', async () => {
      const long = `start ${'x'.repeat(5000)} ${'word '.repeat(20_000)} end`;
      const [record] = await subject.put([{ message: long }]);
      expect((await subject.store.find(subject.mine, record?.id ?? asId<LogId>('')))?.message).toBe(long);
      expect(await subject.messagesOf({ search: 'start' })).toHaveLength(1);
    });

    it('finds the same once it has settled, however often it does', async () => {
      await subject.put([{ message: 'first words' }, { message: 'other words' }]);
      for (let round = 0; round < 2; round++) {
        await subject.store.settle(Date.parse(NOON));
        expect(await subject.messagesOf({ search: 'first words' })).toEqual(['first words']);
        expect(await subject.messagesOf({})).toHaveLength(2);
      }
    });

    it('keeps racing writes of the same records to one each', async () => {
      const records = Array.from({ length: 200 }, (_, index) =>
        recordOf(subject.mine, { index, message: `${index}` }),
      );
      const outcomes = await Promise.all(
        Array.from({ length: 4 }, () => subject.store.write(subject.mine, encodeLogBatch(records))),
      );
      expect(outcomes.reduce((sum, { written }) => sum + written, 0)).toBe(200);
      expect((await subject.store.search(subject.mine, { range: ALL, limit: 1, order: 'asc' })).total).toBe(
        200,
      );
    });
  });

  describe('isolation', () => {
    it('shows no method another project’s records', async () => {
      const [record] = await subject.put([{ message: 'secret', level: 'error', traceId: 't' }]);
      const id = record?.id ?? asId<LogId>('');
      expect(await subject.store.find(subject.theirs, id)).toBeUndefined();
      expect(await subject.store.context(subject.theirs, id, { before: 5, after: 5 })).toBeUndefined();
      expect(await subject.store.search(subject.theirs, { range: ALL, limit: 10, order: 'asc' })).toEqual({
        items: [],
        total: 0,
      });
      expect(await subject.messagesOf({ search: 'secret', traceId: 't' }, subject.theirs)).toEqual([]);
      const filter = { range: { fromMs: Date.parse(NOON), toMs: Date.parse(NOON) + 60_000 } };
      expect(await subject.store.volume(subject.theirs, filter, 60)).toMatchObject([{ count: 0 }]);
      expect(await subject.store.countBy(subject.theirs, filter, 'level', 10)).toEqual([]);
      expect(await subject.store.countFingerprints(subject.theirs, filter, 10)).toEqual([]);
      expect(
        await subject.store.countMany(subject.theirs, [{ key: 'k', filter, groupByService: false }]),
      ).toEqual([{ key: 'k', count: 0 }]);
      expect(await subject.store.deleteBefore(subject.theirs, ALL.toMs)).toBe(0);
      expect(await subject.store.find(subject.mine, id)).toBeDefined();
    });

    it('shows neighbours and fingerprints of one project only', async () => {
      await subject.put([{ message: 'theirs', at: '2026-03-10T11:59:59.000Z' }], subject.theirs);
      const [record] = await subject.put([{ message: 'mine' }]);
      const context = await subject.store.context(subject.mine, record?.id ?? asId<LogId>(''), {
        before: 5,
        after: 5,
      });
      expect(context).toMatchObject({ before: [], after: [] });
    });
  });
}
