import { OneATurn } from './one-a-turn';

describe('OneATurn', () => {
  it('lets what is waiting run between two pieces of work that came together', async () => {
    const turns = new OneATurn();
    const order: string[] = [];
    const works = ['first', 'second', 'third'].map((name) =>
      turns.run(() => {
        order.push(name);
        setImmediate(() => order.push(`after ${name}`));
      }),
    );
    await Promise.all(works);
    expect(order.slice(0, 4)).toEqual(['first', 'after first', 'second', 'after second']);
  });

  it('tells each caller its own result, and goes on after a failure', async () => {
    const turns = new OneATurn();
    const failing = turns.run(() => {
      throw new Error('no');
    });
    const next = turns.run(() => 2);
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe(2);
  });
});
