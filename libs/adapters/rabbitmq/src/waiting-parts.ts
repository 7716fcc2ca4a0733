import { laneToTake, leadAfter } from '../../../core/src/ingest/queue-lane';
import type { TakeOptions } from '../../../core/src/ingest/ingest-queue.port';
import type { HeldPart } from './held-messages';

/** Parts that are held and that nobody has, and the takers that wait for some. */
export class WaitingParts {
  /** Oldest first. */
  private readonly lanes = { fresh: new Set<HeldPart>(), backlog: new Set<HeldPart>() };
  private readonly takers = new Set<() => void>();
  /** Of the fresh lane, as leadAfter counts it. */
  private lead = 0;

  get isEmpty(): boolean {
    return this.lanes.fresh.size === 0 && this.lanes.backlog.size === 0;
  }

  /** They go behind all others of their lanes. */
  add(parts: readonly HeldPart[]): void {
    for (const part of parts) this.lanes[part.held.lane].add(part);
    this.wake();
  }

  delete(part: HeldPart): void {
    this.lanes[part.held.lane].delete(part);
  }

  clear(): void {
    this.lanes.fresh.clear();
    this.lanes.backlog.clear();
    this.wake();
  }

  /** Both lanes share a take, so that a few new records never make a write of their own while a backlog waits. */
  take({ maxMessages, maxBytes }: Pick<TakeOptions, 'maxMessages' | 'maxBytes'>): Set<HeldPart> {
    const taken = new Set<HeldPart>();
    let bytes = 0;
    while (taken.size < maxMessages) {
      const has = { fresh: this.lanes.fresh.size > 0, backlog: this.lanes.backlog.size > 0 };
      const lane = laneToTake(this.lead, has);
      const part = lane && this.lanes[lane].values().next().value;
      if (lane === undefined || part === undefined) break;
      const { length } = part.message.ndjson;
      if (taken.size > 0 && bytes + length > maxBytes) break;
      bytes += length;
      this.lanes[lane].delete(part);
      taken.add(part);
      this.lead = leadAfter(this.lead, lane, length, has);
    }
    return taken;
  }

  /** True where something came to wake for; false where the time was over. */
  next(waitMs: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (isWoken: boolean) => {
        clearTimeout(timer);
        this.takers.delete(woken);
        signal?.removeEventListener('abort', woken);
        resolve(isWoken && !this.isEmpty);
      };
      const woken = () => done(true);
      const timer = setTimeout(() => done(false), waitMs);
      this.takers.add(woken);
      signal?.addEventListener('abort', woken);
    });
  }

  wake(): void {
    for (const woken of this.takers) woken();
  }
}
