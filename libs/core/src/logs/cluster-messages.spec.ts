import fc from 'fast-check';
import { clusterMessages } from './cluster-messages';

describe('clusterMessages', () => {
  it('puts messages of one template together, the largest cluster first', () => {
    const clusters = clusterMessages([
      'disk full',
      'user 17 failed',
      'user 18 failed',
      'user 19 failed',
      'disk full',
    ]);
    expect(clusters).toMatchObject([
      { pattern: 'user <num> failed', count: 3, members: [1, 2, 3] },
      { pattern: 'disk full', count: 2, members: [0, 4] },
    ]);
  });

  it('puts every message into exactly one cluster, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 60 }), (messages) => {
        const members = clusterMessages(messages).flatMap((cluster) => cluster.members);
        expect([...members].sort((a, b) => a - b)).toEqual(messages.map((_message, index) => index));
      }),
      { numRuns: 60 },
    );
  });

  it('makes nothing of nothing', () => {
    expect(clusterMessages([])).toEqual([]);
  });
});
