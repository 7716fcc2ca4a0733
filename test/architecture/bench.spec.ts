import { evaluateScript } from '../support/evaluate-script';

const evaluate = (module: string, expression: string) => evaluateScript(`bench/${module}`, expression);

describe('statistics of the benchmark', () => {
  it.each([
    ['the median of an odd number', 'it.median([9, 1, 5])', 5],
    ['the median of an even number', 'it.median([4, 1, 3, 2])', 2.5],
    ['no median of nothing', 'it.median([])', null],
    ['a percentile by nearest rank', 'it.percentile([5, 1, 2, 4, 3], 50)', 3],
    ['the largest value as the last percentile', 'it.percentile([5, 1, 2], 99)', 5],
    ['no ratio to nothing', 'it.ratioOf(5, undefined)', null],
    ['no ratio to zero', 'it.ratioOf(5, 0)', null],
    [
      'three digits',
      '[it.significant(48213.7), it.significant(0.81237), it.significant(0)]',
      [48214, 0.812, 0],
    ],
    ['the share of others', 'it.foreignShare({ machine: 12, own: 9, capacity: 20 })', 0.15],
    ['no less than nothing for others', 'it.foreignShare({ machine: 8, own: 9, capacity: 20 })', 0],
  ])('computes %s', async (_, expression, expected) => {
    expect(await evaluate('statistics.mjs', expression)).toEqual(expected);
  });
});

describe('how often the benchmark counts', () => {
  it.each([
    ['at once where hardly any time has passed', 'it.lookAgainMs(1, 0)', 50],
    ['ever more seldom while there is nothing', 'it.lookAgainMs(800, 0)', 800],
    ['after a quarter of the rest', 'it.lookAgainMs(4000, 0.5)', 1000],
    ['closely in the end', 'it.lookAgainMs(10_000, 0.999)', 50],
    ['not for ever, however long it takes', 'it.lookAgainMs(600_000, 0.1)', 5000],
    ['closely where there is more than was sent', 'it.lookAgainMs(600_000, 1.5)', 50],
  ])('looks %s', async (_, expression, expected) => {
    expect(await evaluate('until-counted.mjs', expression)).toBe(expected);
  });
});

describe('rows of the benchmark', () => {
  const row = (value: number, reference: number) =>
    `it.toRow(it.FIGURES.embedded, { value: ${value}, reference: ${reference} })`;

  it('have a value, its reference, their ratio, and what was agreed', async () => {
    expect(await evaluate('figures.mjs', row(25_000, 50_000))).toEqual({
      path: 'logs, embedded mode, HTTP to searchable',
      measure: expect.any(String),
      value: 25_000,
      reference: 50_000,
      ratio: 0.5,
      must: 0.5,
      aim: 1,
    });
  });

  it('have null for what there is not, so that JSON keeps the key', async () => {
    expect(await evaluate('figures.mjs', `it.plainRow('path', 'measure', 7)`)).toEqual({
      path: 'path',
      measure: 'measure',
      value: 7,
      reference: null,
      ratio: null,
      must: null,
      aim: null,
    });
  });

  it.each([
    ['at the aim', row(60_000, 50_000), 'aim'],
    ['at what it must reach', row(25_000, 50_000), 'must'],
    ['below', row(24_000, 50_000), 'below'],
    ['below, where less is better', `it.toRow(it.FIGURES.memory, { path: 'p', value: 301 })`, 'below'],
    ['at the aim, where less is better', `it.toRow(it.FIGURES.memory, { path: 'p', value: 150 })`, 'aim'],
    ['nowhere, where nothing was agreed', `it.plainRow('path', 'measure', 7)`, null],
  ])('stand %s', async (_, expression, expected) => {
    expect(await evaluate('figures.mjs', `it.standingOf(${expression})`)).toBe(expected);
  });

  it('say beside every agreed figure how it stands', async () => {
    const cells = (await evaluate('figures.mjs', `it.toCells([${row(20_000, 50_000)}])`)) as string[][];
    expect(cells[0]?.slice(2)).toEqual(['20,000', '50,000', '0.4', '0.5', '1', 'BELOW']);
  });
});

describe('corpus of the benchmark', () => {
  const options = '{ count: 2000, seed: 7, fromMs: 0, spanMs: 60000 }';

  it('is the same for the same seed, and another for another', async () => {
    const same = `JSON.stringify([...it.makeRecords(${options})]) === JSON.stringify([...it.makeRecords(${options})])`;
    const other = `JSON.stringify([...it.makeRecords(${options})]) === JSON.stringify([...it.makeRecords({ ...${options}, seed: 8 })])`;
    expect(await evaluate('corpus.mjs', `[${same}, ${other}]`)).toEqual([true, false]);
  });

  it('has 32 services, five fields of context, about 375 bytes a record, and the searched word in 1 of 200', async () => {
    const facts = `(() => {
      const records = [...it.makeRecords(${options})];
      return {
        services: new Set(records.map(({ service }) => service)).size,
        fields: new Set(records.map(({ context }) => Object.keys(context).length)).size,
        bytes: Buffer.byteLength(JSON.stringify(records)) / records.length,
        searched: records.filter(({ message }) => message.includes(it.SEARCHED_WORD)).length,
      };
    })()`;
    const { services, fields, bytes, searched } = (await evaluate('corpus.mjs', facts)) as Record<
      string,
      number
    >;
    expect([services, fields]).toEqual([32, 1]);
    expect(Math.abs((bytes ?? 0) - 375)).toBeLessThan(40);
    expect(Math.abs((searched ?? 0) - 10)).toBeLessThan(8);
  });
});
