import { BoundedTurns, type Making } from './bounded-turns';

const SLICE_BYTES = 10;

/** So many slices of ten bytes each; tells of each. */
function* slicesOf(
  count: number,
  tell: (slice: number) => void = () => undefined,
): Making<{ bytes: number }> {
  for (let slice = 1; slice < count; slice++) {
    tell(slice);
    yield slice * SLICE_BYTES;
  }
  tell(count);
  return { bytes: count * SLICE_BYTES };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

describe('BoundedTurns', () => {
  it('lets what is waiting run between two slices of requests that came together, which take turns', async () => {
    const subject = new BoundedTurns(1_000_000);
    const order: string[] = [];
    const made = ['first', 'second', 'third'].map((name) =>
      subject.make(
        subject.begin(),
        slicesOf(3, (slice) => {
          order.push(`${name} ${slice}`);
          setImmediate(() => order.push('other'));
        }),
      ),
    );
    await Promise.all(made);
    const slices = order.filter((each) => each !== 'other');
    expect(slices).toEqual(
      [1, 2, 3].flatMap((slice) => ['first', 'second', 'third'].map((name) => `${name} ${slice}`)),
    );
    // The first slices need no turn.
    for (let at = order.indexOf('first 2'); at < order.indexOf('third 3'); at += 2)
      expect(order[at + 1]).toBe('other');
  });

  it('begins at once with what comes while others take turns', async () => {
    const subject = new BoundedTurns(1_000_000);
    const large = subject.make(subject.begin(), slicesOf(10));
    let isMade = false;
    void subject.make(subject.begin(), slicesOf(1)).then(() => (isMade = true));
    await Promise.resolve();
    expect(isMade).toBe(true);
    await large;
  });

  it('tells each request of its own failure, which stops nobody else', async () => {
    const subject = new BoundedTurns(30);
    const failing = function* (): Making<{ bytes: number }> {
      yield 30;
      throw new Error('no');
    };
    const share = subject.begin();
    const failed = subject.make(share, failing()).finally(() => subject.end(share));
    const next = subject.make(subject.begin(), slicesOf(3));
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toEqual({ bytes: 30 });
  });

  it('keeps what many large requests have made within the limit and what one of them makes, and makes all of them', async () => {
    const maxBytes = 400;
    const slices = 20;
    const subject = new BoundedTurns(maxBytes);
    const bytes = new Map<number, number>();
    let most = 0;
    const request = async (id: number) => {
      const share = subject.begin();
      const making = slicesOf(slices, (slice) => {
        bytes.set(id, slice * SLICE_BYTES);
        most = Math.max(
          most,
          [...bytes.values()].reduce((sum, each) => sum + each, 0),
        );
      });
      await subject.make(share, making);
      // As if it were published.
      await turns(5);
      bytes.delete(id);
      subject.end(share);
      return id;
    };
    const ids = Array.from({ length: 100 }, (_, id) => id);
    expect(await Promise.all(ids.map(request))).toEqual(ids);
    expect(most).toBeGreaterThanOrEqual(maxBytes);
    expect(most).toBeLessThanOrEqual(maxBytes + slices * SLICE_BYTES);
  });

  it('begins nothing while what is made and not yet given back fills the limit', async () => {
    const subject = new BoundedTurns(30);
    const [first, second] = [subject.begin(), subject.begin()];
    await subject.make(first, slicesOf(3));
    let isBegun = false;
    const made = subject.make(
      second,
      slicesOf(1, () => (isBegun = true)),
    );
    await turns(10);
    expect(isBegun).toBe(false);
    subject.end(first);
    await made;
  });

  it('goes on with the eldest of those that have begun, where there is little room left', async () => {
    const subject = new BoundedTurns(100);
    const order: string[] = [];
    const names = ['first', 'second', 'third', 'fourth', 'fifth'];
    await Promise.all(
      names.map(async (name) => {
        const share = subject.begin();
        await subject.make(share, slicesOf(6));
        order.push(name);
        await turns(3);
        subject.end(share);
      }),
    );
    expect(order).toEqual(names);
  });

  it('counts what a request makes anew, and not what it made before', async () => {
    const subject = new BoundedTurns(30);
    const share = subject.begin();
    for (let time = 0; time < 3; time++) await subject.make(share, slicesOf(3));
    subject.end(share);
    await expect(subject.make(subject.begin(), slicesOf(1))).resolves.toEqual({ bytes: SLICE_BYTES });
  });
});
