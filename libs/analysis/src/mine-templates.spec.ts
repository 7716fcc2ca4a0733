import fc from 'fast-check';
import { type LogTemplate, TemplateMiner, type TemplateMinerSnapshot } from './mine-templates';

function mine(lines: readonly string[]): TemplateMiner {
  const miner = new TemplateMiner();
  for (const line of lines) miner.add(line);
  return miner;
}

function restored(miner: TemplateMiner): TemplateMiner {
  return TemplateMiner.fromJSON(JSON.parse(JSON.stringify(miner)) as TemplateMinerSnapshot);
}

/** Without what depends on which values were sampled. */
function essence(miner: TemplateMiner): unknown {
  return miner
    .templates()
    .map(({ id, text, count, first, example }) => ({ id, text, count, first, example }));
}

/** Like `essence`, but without the order in which messages came. */
function unordered(miner: TemplateMiner): unknown {
  return miner
    .templates()
    .map(({ text, count }) => `${count} ${text}`)
    .sort();
}

const word = fc.constantFrom(
  'pump',
  'user',
  'to',
  'key=',
  'ada',
  'bob',
  'x=1',
  'failed',
  'A_B',
  'null',
  '(',
  ')',
  'io.a.B',
  ',',
);
const value = fc.oneof(
  fc.nat(99).map(String),
  fc.ipV4(),
  fc.uuid(),
  fc.constantFrom('17ms', '/a/b', '<', '=', '"q q"', '[', ']', '{', '}', 'true'),
);
const message = fc.array(fc.oneof(word, value), { maxLength: 8 }).map((parts) => parts.join(' '));
const messages = fc.array(message, { maxLength: 60 });

describe('TemplateMiner', () => {
  it('accepts any string, and counts it once', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 200 }), { maxLength: 30 }), (lines) => {
        const miner = mine(lines);
        const total = miner.templates().reduce((sum, template) => sum + template.count, 0);
        expect(total).toBe(lines.length);
      }),
    );
  });

  it('takes lines of a megabyte, of punctuation only, of binary data and of combining characters', () => {
    const lines = [
      'x'.repeat(1_000_000),
      '1,'.repeat(500_000),
      '([{<='.repeat(200_000),
      String.fromCharCode(...Array.from({ length: 2_000 }, (_, index) => (index * 7919) % 256)).replace(
        /[\r\n]/g,
        '?',
      ),
      'e\u0301\u0323'.repeat(10_000),
    ];
    const miner = mine(lines);
    expect(miner.templates()).toHaveLength(5);
    expect(JSON.stringify(miner).length).toBeLessThan(100_000);
  });

  it('makes one template of ten thousand words at one place', () => {
    const miner = mine(
      Array.from({ length: 10_000 }, (_, index) => `the ferry to ${letters(index)} left on time`),
    );
    const [template, ...others] = miner.templates();
    expect(others).toEqual([]);
    expect(template).toMatchObject({ text: 'the ferry to <name> left on time', count: 10_000 });
  });

  it('keeps at most as many leaves as it may, counts all messages, and still names what is frequent', () => {
    const miner = new TemplateMiner({ maxLeaves: 100 });
    for (let index = 0; index < 5_000; index += 1) {
      miner.add(`${letters(index)} ${letters(index * 7)} ${letters(index * 13)}`);
      miner.add(`engine ${index} is warm`);
    }
    const snapshot = miner.toJSON();
    expect(snapshot.leaves.length).toBeLessThanOrEqual(100);
    expect(miner.templates().reduce((sum, template) => sum + template.count, 0)).toBe(10_000);
    expect(miner.templates()[0]?.text).toBe('engine <num> is warm');
    expect(miner.templates().map((template) => template.text)).toContain('<*>');
    expect(miner.templates()).toContainEqual(
      expect.objectContaining({ text: 'engine <num> is warm', count: 5_000 }),
    );
  });

  it('folds the leaves of one template when there are too many, without losing its id', () => {
    const miner = new TemplateMiner({ maxLeaves: 50 });
    const ids = Array.from({ length: 500 }, (_, index) =>
      miner.note(`the ferry to ${letters(index)} left on time`),
    );
    const [template] = miner.templates();
    expect(template?.count).toBe(500);
    expect(template?.id).toBe(ids[0]);
    expect(miner.resolve(ids.at(-1) ?? '')).toBe(template?.id);
  });

  it('keeps the id of a template that widens', () => {
    const miner = new TemplateMiner();
    const id = miner.add('ticket sold to user ada at the gate');
    for (const who of ['bob', 'cyd', 'dan', 'eve']) miner.add(`ticket sold to user ${who} at the gate`);
    expect(miner.templates().map((template) => template.id)).toEqual([id]);
    expect(miner.resolve(miner.add('ticket sold to user eve at the gate'))).toBe(id);
  });

  it('says in a stream what template a message belongs to once that is known', () => {
    const miner = mine(
      Array.from({ length: 60 }, (_, index) => `the ferry to ${letters(index)} left on time`),
    );
    expect(miner.add('the ferry to nowhere left on time')).toBe(miner.templates()[0]?.id);
  });

  it('finds the same whatever the order of the messages', () => {
    fc.assert(
      fc.property(messages, fc.infiniteStream(fc.nat()), (lines, random) => {
        const shuffled = lines
          .map((line) => ({ line, at: random.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ line }) => line);
        expect(unordered(mine(shuffled))).toEqual(unordered(mine(lines)));
      }),
    );
  });

  it('finds the same in a stream and in a batch', () => {
    fc.assert(
      fc.property(messages, (lines) => {
        const miner = new TemplateMiner();
        for (const line of lines) {
          miner.add(line);
          miner.templates();
        }
        expect(miner.templates()).toEqual(mine(lines).templates());
      }),
    );
  });

  it('merges in any grouping, and in any order', () => {
    fc.assert(
      fc.property(messages, messages, messages, (a, b, c) => {
        const left = mine(a);
        left.merge(mine(b));
        left.merge(mine(c));
        const tail = mine(b);
        tail.merge(mine(c));
        const right = mine(a);
        right.merge(tail);
        expect(essence(left)).toEqual(essence(right));
        const flipped = mine(b);
        flipped.merge(mine(a));
        const straight = mine(a);
        straight.merge(mine(b));
        expect(essence(flipped)).toEqual(essence(straight));
        expect(unordered(left)).toEqual(unordered(mine([...a, ...b, ...c])));
      }),
    );
  });

  it('leaves the miner that it merges as it is', () => {
    const one = mine(['job 7 died', 'job 8 died']);
    const other = mine(['job 9 died', 'all is well']);
    const before = JSON.stringify(other);
    one.merge(other);
    one.add('job 10 died');
    expect(JSON.stringify(other)).toBe(before);
  });

  it('goes on after a restart as if there had been none', () => {
    fc.assert(
      fc.property(messages, messages, (before, after) => {
        const kept = mine(before);
        const back = restored(kept);
        expect(back.templates()).toEqual(kept.templates());
        for (const line of after) {
          kept.add(line);
          back.add(line);
        }
        expect(back.templates()).toEqual(kept.templates());
        expect(back.count).toBe(kept.count);
      }),
    );
  });

  it('refuses a snapshot of another version', () => {
    const snapshot = { ...mine(['a b']).toJSON(), version: 99 };
    expect(() => TemplateMiner.fromJSON(snapshot)).toThrow(RangeError);
  });

  it('remembers values with their range and frequency', () => {
    const lines = Array.from(
      { length: 30 },
      (_, index) => `call of ${index % 3 === 0 ? 'GET' : 'GET'} took ${index % 5} ms at 10.0.0.${index % 2}`,
    );
    const [template] = mine(lines).templates() as [LogTemplate];
    expect(template.text).toBe('call of GET took <num> ms at <ip>');
    expect(template.wildcards[0]).toMatchObject({
      kind: 'duration',
      distinct: 5,
      sampled: 30,
      range: [0, 4],
    });
    expect(template.wildcards[1]).toMatchObject({ kind: 'ip', distinct: 2 });
    expect(template.wildcards[1]?.topValues).toEqual([
      ['10.0.0.0', 15],
      ['10.0.0.1', 15],
    ]);
  });

  it('sketches no more values than it may', () => {
    const miner = new TemplateMiner({ maxSketches: 3 });
    for (let index = 0; index < 20; index += 1) miner.add(`${letters(index)} took ${index} turns`);
    const other = new TemplateMiner();
    for (let index = 0; index < 20; index += 1) other.add(`${letters(index + 20)} lost ${index} turns`);
    miner.merge(other);
    const sketches = miner
      .toJSON()
      .leaves.flatMap((leaf) => leaf.slots)
      .filter((slot) => slot[3] !== null);
    expect(sketches).toHaveLength(3);
  });
});

/** A word of its own for each number: "bcb", never a boolean or a participle. */
function letters(index: number): string {
  return `q${index.toString(4).replace(/\d/g, (digit) => 'kwzx'.charAt(Number(digit)))}`;
}
