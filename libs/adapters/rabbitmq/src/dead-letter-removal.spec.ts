import { newScope } from '../../../../test/support/new-scope';
import { DeadLetterRemoval, type FoundLetter } from './dead-letter-removal';

const { projectId } = newScope();

function letter(deadLetterId: string): FoundLetter {
  const message = { projectId, requestId: 'r', ndjson: Buffer.from('{}\n'), recordCount: 1 };
  return {
    part: { attempts: 1, message },
    letter: {
      deadLetterId,
      queue: 'logs.ingest',
      reason: 'is refused',
      queuedAtMs: 1,
      failedAtMs: 2,
      attempts: 1,
      recordCount: 1,
      preview: '{}',
    },
  };
}

const ALL = { ids: undefined, isReplay: true, maxHeld: 10 };

describe('DeadLetterRemoval', () => {
  it('holds no more messages than it may, puts back those beyond, and ends at the first of them', () => {
    const removal = new DeadLetterRemoval({ ...ALL, maxHeld: 2 });
    const others = ['a', 'b', 'c', 'd'].map(letter);
    const steps = others.map((other) => removal.next([other], [], 0));
    expect(steps).toEqual([
      'held',
      'held',
      { wanted: [], rest: [others[2]] },
      { wanted: [], rest: [others[3]] },
    ]);
    expect(removal.next([letter('c')], [], 0)).toBe('over');
    expect(removal.count).toBe(0);
  });

  it('takes a message away as a whole, and puts back what is not wanted of it', () => {
    const removal = new DeadLetterRemoval({ ...ALL, ids: ['mine'] });
    const [mine, unchosen, other] = [letter('mine'), letter('unchosen'), letter('other')];
    expect(removal.next([mine, unchosen, other], [mine, unchosen], 0)).toEqual({
      wanted: [mine],
      rest: [unchosen, other],
    });
  });

  it('ends with the batch in which all that were chosen have been found, for their copies may be there', () => {
    const removal = new DeadLetterRemoval({ ...ALL, ids: ['mine'] });
    const mine = letter('mine');
    expect(removal.next([mine], [mine], 0)).toEqual({ wanted: [mine], rest: [] });
    expect(removal.next([mine], [mine], 0)).toEqual({ wanted: [], rest: [] });
    expect(removal.next([mine], [mine], 20)).toBe('over');
    expect(removal.count).toBe(1);
  });

  it.each([
    ['leaves a letter that was replayed and comes again', true, 'held'],
    ['removes a letter that was discarded and comes again', false, { wanted: [], rest: [] }],
  ])('%s in a later batch', (_what, isReplay, expected) => {
    const removal = new DeadLetterRemoval({ ...ALL, isReplay });
    const mine = letter('mine');
    removal.next([mine], [mine], 0);
    expect(removal.next([mine], [mine], 20)).toEqual(expected);
    expect(removal.count).toBe(1);
  });
});
