import { type Guard, isCount, isNumber, listOf, recordOf } from './state-guard';

export interface BlockMaximaState {
  readonly blockPoints: number;
  readonly maxima: readonly number[];
  readonly current: number;
  readonly filled: number;
}

/** Blocks kept at most; half as many after pairs were joined. */
const MAX_BLOCKS = 48;
const MIN_BLOCKS = 5;
/** Blocks grow no longer than this; from then on the oldest leaves, so that memory ends after 49,152 points. */
const MAX_BLOCK_POINTS = 1024;

export const isBlockMaximaState: Guard<BlockMaximaState> = recordOf({
  blockPoints: isCount,
  maxima: listOf(isNumber, MAX_BLOCKS),
  current: isNumber,
  filled: isCount,
});

/**
 * How large the largest departures of a series usually are: the maxima of equally long blocks of its history (the block-maxima method of
 * extreme value theory, Gumbel 1958). A departure is judged by the mean and deviation of these maxima, so a series with regular spikes is
 * as quiet as a smooth one. When 48 blocks are full, neighbours join and blocks double: constant memory, a resolution that follows the
 * length of the history, and merging that is exact.
 */
export class BlockMaxima {
  private blockPoints: number;
  private maxima: number[];
  private current: number;
  private filled: number;
  /** Mean and deviation of the maxima so far. */
  mean = 0;
  deviation = 0;

  constructor(state?: BlockMaximaState) {
    this.blockPoints = state?.blockPoints ?? 1;
    this.maxima = [...(state?.maxima ?? [])];
    this.current = state?.current ?? 0;
    this.filled = state?.filled ?? 0;
    this.summarise();
  }

  /** Deviations above the mean block maximum; 0 while there are too few blocks, or below that mean. */
  surprise(magnitude: number): number {
    if (this.maxima.length < MIN_BLOCKS) return 0;
    const excess = magnitude - this.mean;
    if (excess <= 0) return 0;
    // A history without any variation makes the first departure infinitely surprising: bounded, so that it can be ranked.
    return this.deviation > 0 ? Math.min(excess / this.deviation, 1e6) : 1e6;
  }

  /** The magnitude at which `surprise` reaches a level. */
  magnitudeAt(surprise: number): number {
    return this.mean + surprise * this.deviation;
  }

  add(magnitude: number): void {
    if (magnitude > this.current) this.current = magnitude;
    this.filled += 1;
    if (this.filled < this.blockPoints) return;
    this.maxima.push(this.current);
    this.current = 0;
    this.filled = 0;
    if (this.maxima.length >= MAX_BLOCKS) this.shrink();
    this.summarise();
  }

  state(): BlockMaximaState {
    const { blockPoints, current, filled } = this;
    return { blockPoints, maxima: [...this.maxima], current, filled };
  }

  private shrink(): void {
    if (this.blockPoints >= MAX_BLOCK_POINTS) {
      this.maxima.shift();
      return;
    }
    const { maxima } = this;
    const joined: number[] = [];
    for (let index = 0; index + 1 < maxima.length; index += 2)
      joined.push(Math.max(maxima[index] ?? 0, maxima[index + 1] ?? 0));
    this.maxima = joined;
    this.blockPoints *= 2;
  }

  private summarise(): void {
    const { maxima } = this;
    if (maxima.length === 0) return;
    let total = 0;
    for (const maximum of maxima) total += maximum;
    this.mean = total / maxima.length;
    let squares = 0;
    for (const maximum of maxima) squares += (maximum - this.mean) ** 2;
    this.deviation = Math.sqrt(squares / maxima.length);
  }
}
