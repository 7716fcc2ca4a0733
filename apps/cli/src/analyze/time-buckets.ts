/** How often something happened over time: at most `MAX_BUCKETS` counts for each key, over whatever span the times turn out to cover. */

const MAX_BUCKETS = 48;
const FIRST_WIDTH_MS = 1000;

export class TimeBuckets {
  private widthMs = FIRST_WIDTH_MS;
  private first = Infinity;
  private last = -Infinity;
  private fromMs = Infinity;
  private toMs = -Infinity;
  private readonly counts = new Map<string, Map<number, number>>();

  add(key: string, atMs: number): void {
    if (!Number.isFinite(atMs)) return;
    while (this.spanWith(atMs) > MAX_BUCKETS) this.widen();
    this.fromMs = Math.min(this.fromMs, atMs);
    this.toMs = Math.max(this.toMs, atMs);
    const bucket = Math.floor(atMs / this.widthMs);
    this.first = Math.min(this.first, bucket);
    this.last = Math.max(this.last, bucket);
    let counts = this.counts.get(key);
    if (counts === undefined) this.counts.set(key, (counts = new Map()));
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }

  keys(): IterableIterator<string> {
    return this.counts.keys();
  }

  /** First and last instant; undefined where there was none. */
  get range(): { readonly fromMs: number; readonly toMs: number } | undefined {
    return this.counts.size === 0 ? undefined : { fromMs: this.fromMs, toMs: this.toMs };
  }

  /** Counts of some keys together, from the first bucket to the last. */
  sum(keys: Iterable<string>): readonly number[] {
    if (this.counts.size === 0) return [];
    const sum = new Array<number>(this.last - this.first + 1).fill(0);
    for (const key of keys)
      for (const [bucket, count] of this.counts.get(key) ?? [])
        sum[bucket - this.first] = (sum[bucket - this.first] ?? 0) + count;
    return sum;
  }

  private spanWith(atMs: number): number {
    const bucket = Math.floor(atMs / this.widthMs);
    return Math.max(this.last, bucket) - Math.min(this.first, bucket) + 1;
  }

  private widen(): void {
    this.widthMs *= 2;
    this.first = Math.floor(this.first / 2);
    this.last = Math.floor(this.last / 2);
    for (const [key, counts] of this.counts) {
      const wider = new Map<number, number>();
      for (const [bucket, count] of counts) {
        const into = Math.floor(bucket / 2);
        wider.set(into, (wider.get(into) ?? 0) + count);
      }
      this.counts.set(key, wider);
    }
  }
}

const BARS = '▁▂▃▄▅▆▇█';

/** One character for each group of buckets, at most `width`. Nothing at all is a blank. */
export function sparkline(counts: readonly number[], width: number): string {
  if (counts.length === 0) return '';
  const per = Math.ceil(counts.length / width);
  const groups: number[] = [];
  for (let at = 0; at < counts.length; at += per)
    groups.push(counts.slice(at, at + per).reduce((sum, count) => sum + count, 0));
  const most = Math.max(...groups);
  return groups
    .map((count) => (count === 0 ? ' ' : BARS.charAt(Math.ceil((count / most) * BARS.length) - 1)))
    .join('');
}
