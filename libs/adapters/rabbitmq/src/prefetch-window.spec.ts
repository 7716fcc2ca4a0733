import { PrefetchWindow } from './prefetch-window';

const MIB = 1024 * 1024;
const LIMITS = { maxBytes: 16 * MIB, maxMessages: 10_000 };

function settleOn(window: PrefetchWindow, bytes: number, share = 1): number {
  for (let message = 0; message < 20_000; message++) {
    window.received(bytes);
    window.shouldChange(share);
  }
  return window.prefetch;
}

describe('PrefetchWindow', () => {
  it.each<[string, number, number]>([
    ['small messages: as many as two bulks need', 400, 10_000],
    ['usual ones: as many as fit', 256 * 1024, 64],
    ['the largest: two, so that one is there while the other is written', 16 * MIB, 2],
  ])('asks ahead for %s', (_, bytes, prefetch) => {
    const settled = settleOn(new PrefetchWindow(LIMITS), bytes);
    expect(settled).toBeGreaterThan(prefetch / 2);
    expect(settled).toBeLessThanOrEqual(prefetch);
  });

  it('begins with few, for they may be large', () => {
    expect(2 * new PrefetchWindow(LIMITS).prefetch * 16 * MIB).toBeLessThanOrEqual(128 * MIB);
  });

  it('follows when messages become larger, and smaller again', () => {
    const window = new PrefetchWindow(LIMITS);
    expect(settleOn(window, 400)).toBeGreaterThan(5000);
    expect(settleOn(window, MIB)).toBeLessThan(32);
    expect(settleOn(window, 400)).toBeGreaterThan(5000);
  });

  it('follows another share of the limits at once, and keeps to it', () => {
    const window = new PrefetchWindow(LIMITS);
    expect(settleOn(window, 256 * 1024, 3 / 4)).toBeLessThanOrEqual(48);
    expect(window.shouldChange(1 / 2)).toBe(true);
    expect(window.prefetch).toBe(32);
    expect(window.shouldChange(1 / 2)).toBe(false);
    expect(settleOn(window, 400, 1 / 2)).toBeLessThanOrEqual(5000);
  });

  it('tells how much of its limits is held, by bytes or by messages', () => {
    const window = new PrefetchWindow(LIMITS);
    expect(window.shareHeld({ messages: 10, bytes: 4 * MIB })).toBe(1 / 4);
    expect(window.shareHeld({ messages: 5000, bytes: 4 * MIB })).toBe(1 / 2);
  });

  it('says when too much is held, and when there is room again', () => {
    const window = new PrefetchWindow(LIMITS);
    expect(window.isOverfull(30 * MIB)).toBe(false);
    expect(window.isOverfull(33 * MIB)).toBe(true);
    const few = window.prefetch - 1;
    expect(window.hasRoom({ messages: few, bytes: 17 * MIB })).toBe(false);
    expect(window.hasRoom({ messages: window.prefetch, bytes: 1 })).toBe(false);
    expect(window.hasRoom({ messages: few, bytes: 15 * MIB })).toBe(true);
    settleOn(window, 256 * 1024, 1 / 4);
    expect(window.hasRoom({ messages: few, bytes: 5 * MIB })).toBe(false);
    expect(window.hasRoom({ messages: few, bytes: 3 * MIB })).toBe(true);
  });
});
