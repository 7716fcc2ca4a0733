import { ToldProblems } from './told-problems';

describe('ToldProblems', () => {
  it('takes for news what is new about a subject, and what comes back after it was over', () => {
    const told = new ToldProblems();
    expect([told.isNews('disk', 'full'), told.isNews('disk', 'full')]).toEqual([true, false]);
    expect([told.isNews('disk', 'gone'), told.isNews('queue', 'gone')]).toEqual([true, true]);
    expect([told.isOver('disk'), told.isOver('disk')]).toEqual([true, false]);
    expect([told.isNews('disk', 'gone'), told.isNews('queue', new Error('gone'))]).toEqual([true, false]);
  });
});
