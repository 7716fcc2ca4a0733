import { asId, type ProjectId } from '../common/ids';
import { LiveInterest } from './live-interest';

const read = asId<ProjectId>('p-1');

describe('LiveInterest', () => {
  it('knows of no reader before it has heard of one', () => {
    expect(new LiveInterest().advance(read, 5, 0)).toBeUndefined();
  });

  it('counts on, whether records are sent or not, while a reader is heard of', () => {
    const interest = new LiveInterest();
    interest.heard(read, 0);
    expect(interest.advance(read, 5, 1000)).toBe(0);
    interest.heard(read, 9000);
    expect(interest.advance(read, 2, 15_000)).toBe(5);
    expect(interest.advance(read, 1, 16_000)).toBe(7);
    expect(interest.advance(asId<ProjectId>('p-2'), 1, 16_000)).toBeUndefined();
  });

  it('forgets a reader that is not heard of any more', () => {
    const interest = new LiveInterest();
    interest.heard(read, 0);
    expect(interest.advance(read, 1, 60_000)).toBeUndefined();
    interest.heard(read, 61_000);
    expect(interest.advance(read, 1, 61_000)).toBe(0);
  });
});
