import { waitFor } from '../../../../test/support/wait-for';
import { asId, type ProjectId } from '../common/ids';
import { DeadLetterShares } from './dead-letter-shares';

const QUEUE = 'logs.ingest';
const project = asId<ProjectId>('a');
const counts = (count: number) => new Map([[project, count]]);

describe('DeadLetterShares', () => {
  it('lets nobody wait for the engine: answers by what was said last, and asks once at a time', async () => {
    const shares = new DeadLetterShares(1);
    let asked = 0;
    let answer = (_counts: ReadonlyMap<ProjectId, number>): void => undefined;
    const ask = () => {
      asked++;
      return new Promise<ReadonlyMap<ProjectId, number>>((resolve) => (answer = resolve));
    };
    const own = () => shares.of(QUEUE, ask).get(project);
    expect([own(), own(), asked]).toEqual([undefined, undefined, 1]);
    answer(counts(3));
    await waitFor('the next question', async () => (own(), asked === 2 || undefined));
    expect([own(), asked]).toEqual([3, 2]);
    answer(counts(4));
    await waitFor('the next answer', async () => own() === 4 || undefined);
    expect(shares.of('metrics.ingest', ask).size).toBe(0);
  });

  it('goes by the last answer where the engine gives none, and asks no more often for that', async () => {
    const shares = new DeadLetterShares(60_000);
    let asked = 0;
    const ask = () => {
      asked++;
      return Promise.reject(new Error('the engine is away'));
    };
    for (let request = 0; request < 10; request++) {
      expect(shares.of(QUEUE, ask).size).toBe(0);
      await Promise.resolve();
    }
    expect(asked).toBe(1);
  });
});
