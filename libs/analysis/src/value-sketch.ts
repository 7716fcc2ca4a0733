/** Values are cut to this length, so that a sketch has a bound. */
const MAX_VALUE_CHARS = 48;
const MAX_TOP_VALUES = 12;
/** More are kept than told, so that making room is seldom. */
const MAX_KEPT_VALUES = 2 * MAX_TOP_VALUES;
const MAX_HASHES = 32;
/** With a unit or without: "17", "-1.5e3", "12 ms", "95%". */
const NUMBER = /^[-+]?\d{1,30}(?:\.\d{1,30})?(?:e[-+]?\d{1,3})? ?[a-zµ%]{0,12}$/i;
const HASH_RANGE = 2 ** 32;

export interface ValueSketchSnapshot {
  readonly count: number;
  readonly numbers: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly top: readonly (readonly [value: string, count: number])[];
  readonly hashes: readonly number[];
}

/**
 * What is remembered of the values of one variable, in at most about 4 KB: the most frequent ones (Misra and Gries 1982, merged as Agarwal et al. 2012 do:
 * a count is too low by at most count / 13), how many different ones there were (the 32 smallest hashes, Bar-Yossef et al. 2002: exact
 * up to 31, then within about 20%), and the range of those that are numbers. The number of values, the range and the hashes merge exactly.
 */
export class ValueSketch {
  private count = 0;
  private numbers = 0;
  private min = Infinity;
  private max = -Infinity;
  private top = new Map<string, number>();
  private hashes: number[] = [];

  add(value: string, times = 1): void {
    const text = value.length > MAX_VALUE_CHARS ? value.slice(0, MAX_VALUE_CHARS) : value;
    this.count += times;
    if (NUMBER.test(text)) {
      const number = Number.parseFloat(text);
      this.numbers += times;
      if (number < this.min) this.min = number;
      if (number > this.max) this.max = number;
    }
    this.top.set(text, (this.top.get(text) ?? 0) + times);
    this.shrinkTop();
    this.addHash(hash32(text));
  }

  merge(other: ValueSketch): void {
    this.count += other.count;
    this.numbers += other.numbers;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    for (const [value, count] of other.top) this.top.set(value, (this.top.get(value) ?? 0) + count);
    this.shrinkTop();
    for (const hash of other.hashes) this.addHash(hash);
  }

  copy(): ValueSketch {
    return ValueSketch.fromJSON(this.toJSON());
  }

  /** Most frequent first, equal ones by value. */
  topValues(): readonly (readonly [value: string, count: number])[] {
    return [...this.top]
      .sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1))
      .slice(0, MAX_TOP_VALUES);
  }

  get seen(): number {
    return this.count;
  }

  get distinct(): number {
    const last = this.hashes[MAX_HASHES - 1];
    if (this.hashes.length < MAX_HASHES || last === undefined) return this.hashes.length;
    return Math.round(((MAX_HASHES - 1) * HASH_RANGE) / (last + 1));
  }

  /** Where every value is a number, with or without a unit. */
  get range(): readonly [min: number, max: number] | undefined {
    return this.count > 0 && this.numbers === this.count ? [this.min, this.max] : undefined;
  }

  toJSON(): ValueSketchSnapshot {
    const { count, numbers } = this;
    const hasRange = numbers > 0;
    return {
      count,
      numbers,
      min: hasRange ? this.min : null,
      max: hasRange ? this.max : null,
      top: [...this.top],
      hashes: [...this.hashes],
    };
  }

  static fromJSON(snapshot: ValueSketchSnapshot): ValueSketch {
    const sketch = new ValueSketch();
    sketch.count = snapshot.count;
    sketch.numbers = snapshot.numbers;
    sketch.min = snapshot.min ?? Infinity;
    sketch.max = snapshot.max ?? -Infinity;
    sketch.top = new Map(snapshot.top);
    sketch.hashes = [...snapshot.hashes];
    return sketch;
  }

  /** Takes the largest count that does not fit from all, so that what is frequent stays. */
  private shrinkTop(): void {
    if (this.top.size <= MAX_KEPT_VALUES) return;
    const excess = [...this.top.values()].sort((a, b) => b - a)[MAX_TOP_VALUES] ?? 0;
    for (const [value, count] of this.top) {
      if (count > excess) this.top.set(value, count - excess);
      else this.top.delete(value);
    }
  }

  private addHash(hash: number): void {
    const { hashes } = this;
    const last = hashes.at(-1);
    if (hashes.length >= MAX_HASHES && last !== undefined && hash >= last) return;
    let at = hashes.length;
    while (at > 0 && (hashes[at - 1] ?? 0) > hash) at -= 1;
    if (hashes[at - 1] === hash) return;
    hashes.splice(at, 0, hash);
    if (hashes.length > MAX_HASHES) hashes.pop();
  }
}

function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
