import { Slots } from './slots';

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

describe('Slots', () => {
  it('runs so many at once, lets so many wait in order, and refuses the rest', async () => {
    const slots = new Slots(1, 1);
    const gates = [deferred(), deferred()];
    const order: string[] = [];
    const first = slots.run(async () => {
      order.push('first');
      await gates[0]?.promise;
    });
    const second = slots.run(async () => {
      order.push('second');
      await gates[1]?.promise;
    });
    await expect(slots.run(async () => 'third')).rejects.toMatchObject({
      kind: 'overloaded',
      code: 'OPS_ANALYSIS_BUSY',
    });
    expect(order).toEqual(['first']);
    gates[0]?.resolve();
    await first;
    gates[1]?.resolve();
    await second;
    expect(order).toEqual(['first', 'second']);
  });

  it('frees the slot of work that failed', async () => {
    const slots = new Slots(1, 0);
    await expect(slots.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await slots.run(async () => 'fine')).toBe('fine');
  });
});
