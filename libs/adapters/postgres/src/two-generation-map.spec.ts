import { TwoGenerationMap } from './two-generation-map';

describe('TwoGenerationMap', () => {
  it('keeps what is asked for, and forgets the rest when it is full twice', () => {
    const map = new TwoGenerationMap<number>(3);
    for (let key = 0; key < 100; key++) {
      map.set(`${key}`, key);
      expect(map.get('0')).toBe(0);
    }
    expect(map.get('99')).toBe(99);
    expect(Array.from({ length: 100 }, (_, key) => map.get(`${key}`)).filter(Boolean).length).toBeLessThan(7);
  });
});
