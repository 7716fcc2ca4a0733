/** Uniform numbers in [0, 1) that are the same for the same seed on every machine (mulberry32 by T. Ettinger). */
export class SeededRandom {
  private word: number;

  /** @param seed any integer */
  constructor(seed: number) {
    this.word = seed >>> 0;
  }

  next(): number {
    this.word = (this.word + 0x6d2b79f5) >>> 0;
    let mixed = this.word;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 to below `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }
}
