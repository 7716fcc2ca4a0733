/** How often something has happened lately. Remembers only what is recent. */
export class RecentCount {
  private atMs: readonly number[] = [];

  constructor(private readonly withinMs: number) {}

  /** Counts one more. Returns how many there were in the time that ends now, this one included. */
  note(nowMs: number): number {
    this.atMs = [...this.atMs.filter((atMs) => nowMs - atMs < this.withinMs), nowMs];
    return this.atMs.length;
  }
}
