import { ALL, type LogStoreEngine, startLogStore } from './given-log-records.conformance';

/** Finding records by the words of their messages. */
export function logStoreWordsConformance(start: () => Promise<LogStoreEngine>): void {
  const subject = startLogStore(start);

  const MESSAGES = [
    'Connection refused by upstream 10.0.0.7:8080',
    'refused the Connection',
    'Receiving block blk_-1608999687919862906 src: /10.250.19.102:54106',
    'GET /api/v1/orders?id=42 took 1.5e3ms <html> user@example.com',
    'ÜBERLAUF im Puffer — größe=7, naïve café',
    '接続が 拒否 されました',
    "don't panic: 100% sure",
    'connections were closed',
    'ΣΦΑΛΜΑ ΣΥΝΔΕΣΗΣ: αποτυχία πρόσβασης',
    'İstanbul, DİYARBAKIR',
    'القيمة ١٢ (½) m² １２ms',
  ];
  it.each<[string, readonly number[]]>([
    ['connection', [0, 1]],
    ['CONNECTION Refused', [0, 1]],
    ['"connection refused"', [0]],
    ['"Refused by" upstream', [0]],
    ['"refused upstream"', []],
    ['8080', [0]],
    ['10.0.0.7:8080', [0]],
    ['10.0.0', [0]],
    ['10 7 0', [0]],
    ['blk_-1608999687919862906', [2]],
    ['blk', [2]],
    ['blk_1608999687919862906', [2]],
    ['blk_160899968791986290', []],
    ['/api/v1/orders', [3]],
    ['orders?id=42', [3]],
    ['orders 43', []],
    ['html', [3]],
    ['user@example.com', [3]],
    ['example', [3]],
    ['überlauf', [4]],
    ['GRÖSSE', []],
    ['GRÖßE', [4]],
    ['größe=7', [4]],
    ['naïve', [4]],
    ['"puffer größe"', [4]],
    ['拒否', [5]],
    ["don't", [6]],
    ['100%', [6]],
    ['conn', []],
    ['connections', [7]],
    ['connect | closed', []],
    ["'; DROP TABLE log_records; --", []],
    ['συνδεσης', [8]],
    ['ΠΡΌΣΒΑΣΗΣ', [8]],
    ['"συνδεσης αποτυχία πρόσβασης"', [8]],
    ['συνδεση', []],
    ['istanbul', [9]],
    ['İSTANBUL', [9]],
    ['stanbul', []],
    ['diyarbakir', [9]],
    ['"İstanbul diyarbakır"', []],
    ['١٢', [10]],
    ['"١٢ ½ M²"', [10]],
    ['²', []],
    ['１２MS', [10]],
    ['connection ١٢', []],
    ['!!! ... ""', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['a\0b', []],
  ])('finds %j', async (search, expected) => {
    await subject.put(MESSAGES.map((message, index) => ({ message, index })));
    expect(await subject.messagesOf({ search })).toEqual(expected.map((index) => MESSAGES[index]));
  });

  it.each([
    ['ASCII', 'place', 'Orders'],
    ['other letters', 'größe', 'Überlauf'],
    ['Greek capitals', 'ΤΟΠΟΣ', 'ΠΑΡΑΓΓΕΛΙΕΣ'],
  ])('finds words in a row behind hundreds of the same words: %s', async (_, method, service) => {
    const frames = (name: string) =>
      Array.from(
        { length: 300 },
        (_one, index) => `at com.example.${name}${index}.run(${name}.java:${index})`,
      );
    const last = `at com.example.${service}.${method}(${service}.java:42)`;
    await subject.put([
      { message: ['boom', ...frames('Frame'), last].join('\n\t') },
      { message: ['other', ...frames(service), `at com.example-${method} ${service}`].join('\n\t') },
    ]);
    for (const [search, found] of [
      [`com.example.${service}`, 1],
      [`boom ${service}.java:42`, 1],
      [`"AT com example ${service} ${method}"`, 1],
      [`example.${service}.run`, 0],
      [`le.${service}`, 0],
      [`example.${service.slice(0, -1)}`, 0],
      [`other com.example.${method}`, 1],
    ] as const) {
      const filter = { range: ALL, search };
      const { total } = await subject.store.search(subject.mine, { ...filter, limit: 0, order: 'asc' });
      const [counted] = await subject.store.countMany(subject.mine, [
        { key: search, filter, groupByService: false },
      ]);
      expect([search, total, counted?.count]).toEqual([search, found, found]);
    }
  });

  it.each(['a ', 'a\n', '"\t', '\\ ', 'é\n', '🌧 '])(
    'finds the last word of 32,768 characters, whatever they take: %j',
    async (characters) => {
      const message = `${characters.repeat((32_768 - 'last'.length) / 2)}last`;
      await subject.put([{ message }]);
      expect(await subject.messagesOf({ search: 'last' })).toEqual([message]);
    },
  );

  it.each(['asc', 'desc'] as const)(
    'pages what has the words by cursor and by offset, %s, and counts all of it on every page',
    async (order) => {
      await subject.put(
        Array.from({ length: 40 }, (_, index) => ({
          index,
          message: index % 3 === 0 ? `Parcel ${index} was held` : `Parcel ${index} left`,
          service: index % 2 === 0 ? 'depot' : 'van',
        })),
      );
      const query = { range: ALL, search: 'held parcel', serviceName: 'depot', order, limit: 3 } as const;
      const pages: (readonly string[])[] = [];
      let cursor: string | undefined;
      do {
        const asked = { ...query, ...(cursor !== undefined && { cursor }) };
        const page = await subject.store.search(subject.mine, asked);
        expect(page.total).toBe(7);
        pages.push(page.items.map(({ message }) => message));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      const inOrder = [0, 6, 12, 18, 24, 30, 36].map((index) => `Parcel ${index} was held`);
      const expected = order === 'asc' ? inOrder : inOrder.reverse();
      expect(pages).toEqual([expected.slice(0, 3), expected.slice(3, 6), expected.slice(6)]);
      for (const [offset, found] of [
        [5, expected.slice(5)],
        [7, []],
      ] as const) {
        const page = await subject.store.search(subject.mine, { ...query, offset });
        expect(page.items.map(({ message }) => message)).toEqual(found);
        expect(page).toMatchObject({ total: 7 });
        expect(page.nextCursor).toBeUndefined();
      }
      const counted = await subject.store.search(subject.mine, { ...query, limit: 0 });
      expect(counted).toMatchObject({ items: [], total: 7 });
    },
  );
}
