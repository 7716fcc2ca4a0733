import { asId, type Fingerprint, type LogId } from '../../core/src/common/ids';
import { MAX_EXAMPLE_CHARS } from '../../core/src/logs/log-query';
import { type LogStoreEngine, startLogStore, ALL, NOON } from './given-log-records.conformance';

/** Counting and deleting. */
export function logStoreCountsConformance(start: () => Promise<LogStoreEngine>): void {
  const subject = startLogStore(start);

  describe('counts', () => {
    const from = Date.parse(NOON);
    const range = { fromMs: from + 30_000, toMs: from + 210_000 };

    beforeEach(async () => {
      await subject.put([
        { message: 'outside', at: '2026-03-10T12:00:29.999Z' },
        {
          message: 'a timeout',
          at: '2026-03-10T12:00:30.000Z',
          level: 'error',
          fingerprint: 'f1',
          index: 1,
        },
        {
          message: 'b timeout',
          at: '2026-03-10T12:00:45.000Z',
          level: 'fatal',
          fingerprint: 'f1',
          index: 2,
        },
        { message: 'c', at: '2026-03-10T12:02:59.999Z', level: 'info', fingerprint: 'f2', service: 'web' },
        {
          message: 'd timeout',
          at: '2026-03-10T12:03:00.000Z',
          level: 'error',
          fingerprint: 'f1',
          service: 'web',
        },
        { message: 'outside', at: '2026-03-10T12:03:30.000Z' },
      ]);
    });

    it('counts the volume per bucket and level, with the empty buckets', async () => {
      expect(await subject.store.volume(subject.mine, { range }, 60)).toEqual([
        { startMs: from, count: 2, byLevel: { error: 1, fatal: 1 } },
        { startMs: from + 60_000, count: 0, byLevel: {} },
        { startMs: from + 120_000, count: 1, byLevel: { info: 1 } },
        { startMs: from + 180_000, count: 1, byLevel: { error: 1 } },
      ]);
      expect(
        await subject.store.volume(subject.mine, { range, levels: ['error'], serviceName: 'api' }, 86_400),
      ).toEqual([{ startMs: Date.parse('2026-03-10'), count: 1, byLevel: { error: 1 } }]);
    });

    it('counts by a field, the largest group first, as many as asked for', async () => {
      expect(await subject.store.countBy(subject.mine, { range }, 'level', 10)).toEqual([
        { key: 'error', count: 2 },
        { key: expect.any(String), count: 1 },
        { key: expect.any(String), count: 1 },
      ]);
      expect(await subject.store.countBy(subject.mine, { range }, 'fingerprint', 1)).toEqual([
        { key: 'f1', count: 3 },
      ]);
      expect(
        await subject.store.countBy(subject.mine, { range, levels: ['error'] }, 'service_name', 10),
      ).toEqual([
        { key: 'api', count: 1 },
        { key: 'web', count: 1 },
      ]);
    });

    it('counts fingerprints by service with their span, worst level and an example', async () => {
      const counts = await subject.store.countFingerprints(subject.mine, { range }, 10);
      expect(counts).toHaveLength(3);
      expect(counts[0]).toMatchObject({
        fingerprint: 'f1',
        serviceName: 'api',
        level: 'fatal',
        count: 2,
        firstAtMs: from + 30_000,
        lastAtMs: from + 45_000,
      });
      const example = await subject.store.find(subject.mine, asId<LogId>(counts[0]?.exampleId ?? ''));
      expect(example).toMatchObject({ fingerprint: 'f1', serviceName: 'api', message: counts[0]?.example });
      expect(await subject.store.countFingerprints(subject.mine, { range }, 1)).toHaveLength(1);
    });

    it('finds the largest of 20,000 groups, each counted as a whole', async () => {
      const nameOf = (index: number) => `g${String(index).padStart(5, '0')}`;
      const at = (second: number) => `2026-03-10T13:00:0${second}.000Z`;
      const hour = { fromMs: Date.parse(at(0)), toMs: Date.parse(at(9)) };
      await subject.put([
        ...Array.from({ length: 20_010 }, (_, index) => ({ at: at(1), fingerprint: nameOf(index), index })),
        ...[2, 3, 4].map((second) => ({
          at: at(second),
          fingerprint: nameOf(19_999),
          level: 'error' as const,
        })),
        ...[2, 3].map((second) => ({ at: at(second), fingerprint: nameOf(20_009) })),
      ]);
      expect(await subject.store.countFingerprints(subject.mine, { range: hour }, 2)).toMatchObject([
        {
          fingerprint: nameOf(19_999),
          level: 'error',
          count: 4,
          firstAtMs: hour.fromMs + 1000,
          lastAtMs: hour.fromMs + 4000,
        },
        { fingerprint: nameOf(20_009), level: 'info', count: 3, lastAtMs: hour.fromMs + 3000 },
      ]);
    });

    it('leaves out fingerprints that are known, however many those are', async () => {
      const others = Array.from({ length: 70_000 }, (_, index) => asId<Fingerprint>(`known${index}`));
      const known = [asId<Fingerprint>('f1'), ...others];
      const counts = await subject.store.countFingerprints(subject.mine, { range }, 10, known);
      expect(counts).toMatchObject([{ fingerprint: 'f2', serviceName: 'web', level: 'info', count: 1 }]);
    });

    it('counts of what was received in a range only what is not known, however much that is', async () => {
      const receivedRange = { fromMs: from + 86_400_000, toMs: from + 86_460_000 };
      const received = (fingerprint: string, index: number) =>
        ({ fingerprint, index, receivedAt: new Date(receivedRange.fromMs).toISOString() }) as const;
      const count = async (known: readonly string[], limit: number) => {
        const ids = known.map((one) => asId<Fingerprint>(one));
        const counts = await subject.store.countFingerprints(
          subject.mine,
          { range: ALL, receivedRange },
          limit,
          ids,
        );
        return counts.map(({ fingerprint, count }) => [fingerprint, count]);
      };
      await subject.put([received('f1', 1), received('new', 2), received('new', 3)]);
      expect(await count(['f1', 'f2'], 10)).toEqual([['new', 2]]);
      expect(await count(['f1', 'f2', 'new'], 10)).toEqual([]);
      await subject.put(Array.from({ length: 10_010 }, (_, index) => received(`u${index}`, index)));
      expect(await count(['f1', 'f2'], 1)).toEqual([['new', 2]]);
    });

    it.each([
      ['one', `${'x'.repeat(MAX_EXAMPLE_CHARS - 1)}🌧${'y'.repeat(100)}`, MAX_EXAMPLE_CHARS - 1],
      ['many', '🌧'.repeat(MAX_EXAMPLE_CHARS), MAX_EXAMPLE_CHARS],
    ])(
      'cuts a long example between two characters, %s of which take two places',
      async (_, message, length) => {
        await subject.put([{ message, fingerprint: 'f7' }]);
        const filter = { range: ALL, fingerprint: asId<Fingerprint>('f7') };
        const [{ example = '' } = {}] = await subject.store.countFingerprints(subject.mine, filter, 1);
        expect(example).toBe(message.slice(0, length));
      },
    );

    it('counts by when records were received, however old they are', async () => {
      const receivedRange = { fromMs: from + 86_400_000, toMs: from + 86_460_000 };
      await subject.put([
        {
          message: 'late',
          fingerprint: 'f8',
          at: '2025-01-01T00:00:00.000Z',
          receivedAt: '2026-03-11T12:00:00.000Z',
        },
        { message: 'later', fingerprint: 'f9', receivedAt: '2026-03-11T12:01:00.000Z' },
      ]);
      const counts = await subject.store.countFingerprints(subject.mine, { range: ALL, receivedRange }, 10);
      expect(counts.map(({ fingerprint }) => fingerprint)).toEqual(['f8']);
      const filter = { range: ALL, receivedRange };
      const requests = [filter, { ...filter, search: 'late' }, { ...filter, search: 'later' }].map(
        (asked, index) => ({ key: `${index}`, filter: asked, groupByService: false }),
      );
      const answers = await subject.store.countMany(subject.mine, requests);
      expect(answers.map(({ count }) => count)).toEqual([1, 1, 0]);
    });

    it('counts the volume of fingerprints per bucket, without the empty buckets', async () => {
      const fingerprints = [asId<Fingerprint>('f1'), asId<Fingerprint>('absent')];
      expect(await subject.store.fingerprintVolume(subject.mine, { range }, 60, fingerprints)).toEqual([
        { fingerprint: 'f1', startMs: from, count: 2 },
        { fingerprint: 'f1', startMs: from + 180_000, count: 1 },
      ]);
      // Over so long a range, an engine may have to be asked for few of them at a time.
      const twice = [...fingerprints, ...fingerprints];
      expect(await subject.store.fingerprintVolume(subject.mine, { range: ALL }, 60, twice)).toEqual([
        { fingerprint: 'f1', startMs: from, count: 3 },
        { fingerprint: 'f1', startMs: from + 180_000, count: 2 },
      ]);
      expect(await subject.store.fingerprintVolume(subject.theirs, { range }, 60, fingerprints)).toEqual([]);
    });

    it('answers many requests at once, each by its own filter and window', async () => {
      const minute = { fromMs: from + 180_000, toMs: from + 240_000 };
      const answers = await subject.store.countMany(subject.mine, [
        { key: 'all', filter: { range }, groupByService: false },
        { key: 'errors', filter: { range, levels: ['error', 'fatal'] }, groupByService: false },
        { key: 'errors by service', filter: { range, levels: ['error', 'fatal'] }, groupByService: true },
        { key: 'web', filter: { range, serviceName: 'web' }, groupByService: false },
        { key: 'minute', filter: { range: minute }, groupByService: false },
        { key: 'words', filter: { range, search: 'timeout' }, groupByService: true },
        {
          key: 'phrase',
          filter: { range, search: '"b timeout" timeout', levels: ['fatal'] },
          groupByService: false,
        },
        { key: 'print', filter: { range, fingerprint: asId<Fingerprint>('f2') }, groupByService: false },
        { key: 'none', filter: { range, search: 'absent' }, groupByService: false },
        { key: 'none grouped', filter: { range, search: 'absent' }, groupByService: true },
        { key: 'no service', filter: { range, serviceName: 'absent' }, groupByService: false },
      ]);
      const byKey = (key: string) =>
        answers
          .filter((answer) => answer.key === key)
          .map(({ serviceName, count }) => [serviceName, count])
          .sort();
      expect(byKey('all')).toEqual([[undefined, 4]]);
      expect(byKey('errors')).toEqual([[undefined, 3]]);
      expect(byKey('errors by service')).toEqual([
        ['api', 2],
        ['web', 1],
      ]);
      expect(byKey('web')).toEqual([[undefined, 2]]);
      expect(byKey('minute')).toEqual([[undefined, 2]]);
      expect(byKey('words')).toEqual([
        ['api', 2],
        ['web', 1],
      ]);
      expect(byKey('phrase')).toEqual([[undefined, 1]]);
      expect(byKey('print')).toEqual([[undefined, 1]]);
      expect(byKey('none')).toEqual([[undefined, 0]]);
      expect(byKey('none grouped')).toEqual([]);
      expect(byKey('no service')).toEqual([[undefined, 0]]);
      expect(await subject.store.countMany(subject.mine, [])).toEqual([]);
    });

    it('counts every service, however many there are', async () => {
      const minute = { fromMs: from + 600_000, toMs: from + 660_000 };
      const names = Array.from({ length: 9100 }, (_, index) => `service-${index}`);
      const put = (level: 'error' | 'warn', services: readonly string[]) =>
        subject.put(
          services.map((service, index) => ({ service, level, index, at: '2026-03-10T12:10:00.000Z' })),
        );
      await put('error', names);
      // The first has the fewest records: it is the one left out where only the largest are counted.
      await put('warn', names.slice(1));
      const answers = await subject.store.countMany(subject.mine, [
        { key: 'all', filter: { range: minute }, groupByService: false },
        { key: 'first', filter: { range: minute, serviceName: 'service-0' }, groupByService: false },
        { key: 'errors', filter: { range: minute, levels: ['error'] }, groupByService: true },
      ]);
      const [all, first, ...errors] = answers.map(({ count }) => count);
      expect([all, first, errors.length]).toEqual([18_199, 1, 9100]);
    });

    it('counts as many as a search finds, also by words that not every engine takes for words', async () => {
      const searches = ['½', 'timeout ½', '"½ timeout"', '٣ a ²', 'timeout'];
      const answers = await subject.store.countMany(
        subject.mine,
        searches.map((search) => ({ key: search, filter: { range, search }, groupByService: false })),
      );
      const found = searches.map(async (search) => {
        const page = { range, search, limit: 0, order: 'asc' } as const;
        return { key: search, count: (await subject.store.search(subject.mine, page)).total };
      });
      expect(answers).toEqual(await Promise.all(found));
      expect(answers.at(-1)).toEqual({ key: 'timeout', count: 3 });
    });

    it('deletes what is older, and only that', async () => {
      expect(await subject.store.deleteBefore(subject.mine, from + 180_000)).toBe(4);
      expect(await subject.messagesOf({})).toEqual(['d timeout', 'outside']);
      expect(await subject.store.deleteBefore(subject.mine, from + 180_000)).toBe(0);
    });
  });
}
