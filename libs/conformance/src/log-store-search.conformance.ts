import { encodeLogBatch } from '../../contracts/src/log-batch.message';
import { asId, type Fingerprint, type LogId } from '../../core/src/common/ids';
import type { LogFilter } from '../../core/src/logs/log-query';
import { ALL, type LogStoreEngine, startLogStore, NOON, recordOf } from './given-log-records.conformance';

/** Finding records, by filter and as neighbours. */
export function logStoreSearchConformance(start: () => Promise<LogStoreEngine>): void {
  const subject = startLogStore(start);

  describe('search', () => {
    it('orders by time down to the nanosecond, and keeps the nanoseconds', async () => {
      const records = await subject.put([
        { ns: 2n, message: '2' },
        { ns: 1n, message: '1' },
        { ns: 999_999n, message: '4' },
        { ns: 1000n, message: '3' },
        { ns: 0n, message: '0' },
      ]);
      expect(await subject.messagesOf({})).toEqual(['0', '1', '2', '3', '4']);
      const page = await subject.store.search(subject.mine, { range: ALL, limit: 10, order: 'desc' });
      expect(page.items.map(({ message }) => message)).toEqual(['4', '3', '2', '1', '0']);
      expect(page.items.map(({ timestamp }) => timestamp)).toEqual([
        '2026-03-10T12:00:00.000999999Z',
        '2026-03-10T12:00:00.000001Z',
        '2026-03-10T12:00:00.000000002Z',
        '2026-03-10T12:00:00.000000001Z',
        '2026-03-10T12:00:00.000Z',
      ]);
      expect(page.items.find(({ message }) => message === '2')).toEqual(records[0]);
    });

    it('gives instants with as few digits as say them, however many zeros their source wrote', async () => {
      const records = [
        { written: '000000', ns: 0n, given: '' },
        { written: '000', ns: 0n, given: '' },
        { written: '001000', ns: 1000n, given: '001' },
        { written: '000100', ns: 100n, given: '000100' },
        { written: '100000', ns: 100_000n, given: '100' },
      ].map(({ written, ns, given }, index) => {
        const record = recordOf(subject.mine, { index, ns });
        return { record: { ...record, timestamp: `${NOON.slice(0, -1)}${written}Z` }, given };
      });
      await subject.store.write(subject.mine, encodeLogBatch(records.map(({ record }) => record)));
      for (const { record, given } of records) {
        const found = await subject.store.find(subject.mine, record.id);
        expect(found?.timestamp).toBe(`${NOON.slice(0, -1)}${given}Z`);
      }
    });

    it('takes the beginning of a range and not its end, to the nanosecond', async () => {
      await subject.put([
        { message: 'before', at: '2026-03-10T11:59:59.999Z', ns: 999_999n },
        { message: 'first', at: '2026-03-10T12:00:00.000Z' },
        { message: 'last', at: '2026-03-10T12:00:59.999Z', ns: 999_999n },
        { message: 'after', at: '2026-03-10T12:01:00.000Z' },
      ]);
      const range = { fromMs: Date.parse(NOON), toMs: Date.parse(NOON) + 60_000 };
      expect(await subject.messagesOf({ range })).toEqual(['first', 'last']);
      expect(await subject.messagesOf({ range: { fromMs: range.fromMs, toMs: range.fromMs } })).toEqual([]);
    });

    it('takes a range that does not end at whole milliseconds', async () => {
      await subject.put([
        { index: 0, message: 'first', at: '1970-01-01T00:00:00.001Z' },
        { index: 1, message: 'second', at: '1970-01-01T00:00:00.002Z' },
      ]);
      for (const order of ['asc', 'desc'] as const)
        for (const range of [
          { fromMs: 0.5, toMs: Date.parse(NOON) + 2.3 },
          { fromMs: 0, toMs: 3.3 },
        ]) {
          const page = await subject.store.search(subject.mine, { range, order, limit: 1 });
          expect(page.items.map(({ message }) => message)).toEqual([order === 'asc' ? 'first' : 'second']);
        }
    });

    it('selects by level, service, trace, correlation and fingerprint, all together where given', async () => {
      await subject.put([
        { message: 'a', level: 'error', service: 'api', traceId: 't1', fingerprint: 'f1' },
        {
          message: 'b',
          level: 'warn',
          service: 'api',
          traceId: 't2',
          correlationId: 'c1',
          fingerprint: 'f2',
        },
        { message: 'c', level: 'error', service: 'web', traceId: 't1', fingerprint: 'f2' },
      ]);
      const sorted = async (filter: Partial<LogFilter>) => [...(await subject.messagesOf(filter))].sort();
      expect(await sorted({ levels: ['error'] })).toEqual(['a', 'c']);
      expect(await sorted({ levels: ['warn', 'error'] })).toEqual(['a', 'b', 'c']);
      expect(await sorted({ serviceName: 'api' })).toEqual(['a', 'b']);
      expect(await sorted({ traceId: 't1' })).toEqual(['a', 'c']);
      expect(await sorted({ correlationId: 'c1' })).toEqual(['b']);
      expect(await sorted({ fingerprint: asId<Fingerprint>('f2') })).toEqual(['b', 'c']);
      expect(await sorted({ levels: ['error'], serviceName: 'web', traceId: 't1' })).toEqual(['c']);
      expect(await sorted({ serviceName: 'API' })).toEqual([]);
      expect(await sorted({ serviceName: 'a\0pi' })).toEqual([]);
    });

    it.each([
      ['http.status', '500', ['a', 'b']],
      ['http.status', '50', []],
      ['http', 'status', []],
      ['ok', 'false', ['a']],
      ['user', 'Zoë "Z" \\ \n', ['a']],
      ['user', '', ['b']],
      ['none', 'null', []],
      ['absent', '500', []],
      ["k'); --", '1', ['c']],
      ['ratio', '5e-7', ['a', 'b']],
      ['ratio', '0.0000005', []],
      ['bytes', '1e+21', ['a']],
      ['bytes', '1000000000000000000000', ['b']],
      ['bytes', '1e21', []],
    ])('selects by the field %j of the context with the value %j', async (key, value, expected) => {
      await subject.put([
        {
          message: 'a',
          context: {
            'http.status': 500,
            ok: false,
            none: null,
            user: 'Zoë "Z" \\ \n',
            ratio: 5e-7,
            bytes: 1e21,
          },
        },
        {
          message: 'b',
          context: { 'http.status': '500', user: '', ratio: '5e-7', bytes: '1000000000000000000000' },
        },
        { message: 'c', context: { 'http.status': 404, "k'); --": 1 } },
      ]);
      const contextField = { key, value };
      expect([...(await subject.messagesOf({ contextField }))].sort()).toEqual(expected);
      const filter = { range: ALL, contextField };
      expect(
        await subject.store.countMany(subject.mine, [{ key: 'k', filter, groupByService: false }]),
      ).toEqual([{ key: 'k', count: expected.length }]);
    });

    it.each([
      ['quotes', '"'.repeat(256)],
      ['a path', 'C:\\apps\\x'.repeat(24)],
      ['a list', JSON.stringify(Array.from({ length: 50 }, (_, index) => `${index}`))],
      ['lines', 'é\n'.repeat(85)],
      ['control characters', '\u0001'.repeat(256)],
    ])('selects by a value of at most 256 bytes, however JSON writes it: %s', async (_, value) => {
      expect(Buffer.byteLength(value)).toBeLessThanOrEqual(256);
      await subject.put([
        { message: 'a', context: { key: value } },
        { message: 'b', context: { key: value.slice(1) } },
      ]);
      expect(await subject.messagesOf({ contextField: { key: 'key', value } })).toEqual(['a']);
    });

    it('tells apart where a key ends and its value begins, whatever equals signs both have', async () => {
      const fields = [
        ['a', 'b=c=d'],
        ['a=b', 'c=d'],
        ['a=b=c', 'd'],
        ['=', '1=a=b'],
        ['=1', 'a=b'],
        ['a', '=b'],
        ['a=', 'b'],
      ] as const;
      await subject.put(
        fields.map(([key, value]) => ({ message: `${key} ${value}`, context: { [key]: value } })),
      );
      for (const [key, value] of fields)
        expect(await subject.messagesOf({ contextField: { key, value } })).toEqual([`${key} ${value}`]);
    });

    it.each<Partial<LogFilter>>([
      { serviceName: 'a\0' },
      { traceId: 'a\0' },
      { correlationId: 'a\0' },
      { fingerprint: asId<Fingerprint>('a\0') },
      { contextField: { key: 'k\0', value: 'a\0' } },
    ])('finds by %j what was given so, which ingest keeps without the NUL', async (asked) => {
      const kept = 'a\ufffd';
      await subject.put([
        { message: 'other' },
        {
          message: 'kept',
          service: kept,
          traceId: kept,
          correlationId: kept,
          fingerprint: kept,
          context: { 'k\ufffd': kept },
        },
      ]);
      expect(await subject.messagesOf(asked)).toEqual(['kept']);
      const filter = { range: ALL, ...asked };
      expect(
        await subject.store.countMany(subject.mine, [{ key: 'k', filter, groupByService: false }]),
      ).toEqual([{ key: 'k', count: 1 }]);
    });

    it('finds old records and those far from today', async () => {
      await subject.put([
        { message: 'bluegene', at: '2005-06-03T15:42:50.363Z', ns: 779_000n },
        { message: 'epoch', at: '1970-01-01T00:00:00.000Z' },
        { message: 'midnight', at: '2026-03-10T23:59:59.999Z', ns: 999_999n },
        { message: 'next day', at: '2026-03-11T00:00:00.000Z' },
        { message: 'far', at: '2090-01-01T00:00:00.000Z' },
        { message: 'last', at: '2262-04-11T23:47:16.854Z' },
      ]);
      const everything = { fromMs: -8.64e15, toMs: 8.64e15 };
      expect(await subject.messagesOf({ range: everything })).toEqual([
        'epoch',
        'bluegene',
        'midnight',
        'next day',
        'far',
        'last',
      ]);
      const inJune2005 = { fromMs: Date.parse('2005-06-01'), toMs: Date.parse('2005-07-01') };
      const page = await subject.store.search(subject.mine, { range: inJune2005, limit: 5, order: 'desc' });
      expect(page.items.map(({ timestamp }) => timestamp)).toEqual(['2005-06-03T15:42:50.363779Z']);
    });
  });

  describe('context', () => {
    it('gives the neighbours of the same service in order, as many as there are', async () => {
      const records = await subject.put([
        ...Array.from({ length: 7 }, (_, index) => ({
          index,
          message: `m${index}`,
          ns: BigInt(index >> 1),
        })),
        { message: 'other', service: 'web', ns: 1n },
      ]);
      const around = async (index: number, before: number, after: number) => {
        const context = await subject.store.context(subject.mine, records[index]?.id ?? asId<LogId>(''), {
          before,
          after,
        });
        return {
          before: context?.before.map(({ message }) => message),
          record: context?.record.message,
          after: context?.after.map(({ message }) => message),
        };
      };
      expect(await around(3, 2, 2)).toEqual({ before: ['m1', 'm2'], record: 'm3', after: ['m4', 'm5'] });
      expect(await around(0, 2, 1)).toEqual({ before: [], record: 'm0', after: ['m1'] });
      expect(await around(6, 1, 5)).toEqual({ before: ['m5'], record: 'm6', after: [] });
      expect(await around(3, 0, 0)).toEqual({ before: [], record: 'm3', after: [] });
    });

    it('reaches over days', async () => {
      const records = await subject.put([
        { message: 'old', at: '2005-06-03T00:00:00.000Z' },
        { message: 'now', at: NOON },
        { message: 'tomorrow', at: '2026-03-11T00:00:00.000Z' },
      ]);
      const context = await subject.store.context(subject.mine, records[1]?.id ?? asId<LogId>(''), {
        before: 5,
        after: 5,
      });
      expect(context?.before.map(({ message }) => message)).toEqual(['old']);
      expect(context?.after.map(({ message }) => message)).toEqual(['tomorrow']);
    });

    it('is undefined for a record that is not there', async () => {
      const absent = recordOf(subject.mine, {}).id;
      expect(await subject.store.context(subject.mine, absent, { before: 1, after: 1 })).toBeUndefined();
      expect(await subject.store.find(subject.mine, asId<LogId>('no-such-id'))).toBeUndefined();
    });
  });
}
