import { type Guard, isCount, isNumber, listOf, recordOf } from './state-guard';

/** A block of time, [index, index + 1) × 2^exponent ms, how many points lie in it, and the largest of them. */
export type TimeBlock = readonly [index: number, points: number, maximum: number];

export interface BlockMaximaState {
  readonly exponent: number;
  /** In order of time; blocks without a point are not there. */
  readonly blocks: readonly TimeBlock[];
}

/** Blocks kept at most. */
const MAX_BLOCKS = 64;
const MIN_BLOCKS = 5;
/** Blocks are looked at as they are, joined in pairs, and in fours. */
const MOST_JOINED = 4;
/** Where blocks hold so many points the oldest leaves instead of all growing: memory ends after some 65,000 points. */
const MAX_BLOCK_POINTS = 1024;
/** The deviation of a history that hardly varies, as a share of its mean, and at all. */
const LEAST_SHARE = 1e-6;
const LEAST_DEVIATION = 1e-150;
const MOST_SURPRISE = 1e6;

const isTimeBlock: Guard<TimeBlock> = (value): value is TimeBlock =>
  Array.isArray(value) && value.length === 3 && value.every(isNumber);

export const isBlockMaximaState: Guard<BlockMaximaState> = recordOf({
  exponent: isCount,
  blocks: listOf(isTimeBlock, MAX_BLOCKS),
});

/**
 * How large the largest departures of a series usually are: the maxima of equally long blocks of its history (the block-maxima method of
 * extreme value theory, Gumbel 1958). A departure is judged by the mean and deviation of these maxima, so a series with regular spikes is
 * as quiet as a smooth one; three lengths of blocks judge together, because where the borders of blocks fall is chance. Blocks are a power of two of
 * milliseconds long and lie at multiples of that, as short as 64 of them hold the history: constant memory, a resolution that follows the length
 * of the history, and parts that were watched apart join exactly.
 */
export class BlockMaxima {
  private exponent: number;
  private blocks: readonly TimeBlock[];
  private length: number;
  /** The block that the last point lies in: it is judged by those before it. */
  private index: number;
  private points: number;
  private maximum: number;
  /** Deviations above the mean are `magnitude × slope - offset`: the mean of such lines over the lengths of blocks. */
  private slope = 0;
  private offset = 0;

  constructor(state: BlockMaximaState = { exponent: 0, blocks: [] }) {
    this.exponent = state.exponent;
    this.length = 2 ** state.exponent;
    this.blocks = state.blocks.slice(0, -1);
    [this.index, this.points, this.maximum] = state.blocks.at(-1) ?? [Number.NaN, 0, 0];
    this.summarise();
  }

  /** Deviations above the mean block maximum; 0 while there are too few blocks, or below that mean. */
  surprise(magnitude: number): number {
    return Math.max(0, Math.min(MOST_SURPRISE, magnitude * this.slope - this.offset));
  }

  /** The magnitude at which `surprise` reaches a level; 0 while there are too few blocks. */
  magnitudeAt(surprise: number): number {
    return this.slope > 0 ? (surprise + this.offset) / this.slope : 0;
  }

  /** @param atMs not before the last one */
  add(atMs: number, magnitude: number): void {
    const index = Math.floor(atMs / this.length);
    if (index !== this.index) this.open([index, 1, magnitude]);
    else {
      this.points += 1;
      if (magnitude > this.maximum) this.maximum = magnitude;
    }
  }

  state(): BlockMaximaState {
    const { exponent, blocks, index, points, maximum } = this;
    return { exponent, blocks: points === 0 ? [] : [...blocks, [index, points, maximum]] };
  }

  private open(block: TimeBlock): void {
    const { exponent, blocks } = fit({ exponent: this.exponent, blocks: [...this.state().blocks, block] });
    this.exponent = exponent;
    this.length = 2 ** exponent;
    this.blocks = blocks.slice(0, -1);
    [this.index, this.points, this.maximum] = blocks.at(-1) ?? block;
    this.summarise();
  }

  private summarise(): void {
    let { blocks } = this;
    let lengths = 0;
    let slope = 0;
    let offset = 0;
    for (let joined = 1; joined <= MOST_JOINED && blocks.length >= MIN_BLOCKS; joined *= 2) {
      const { mean, deviation } = spreadOf(blocks);
      slope += 1 / deviation;
      offset += mean / deviation;
      lengths += 1;
      blocks = coarsen({ exponent: 0, blocks }, 1).blocks;
    }
    this.slope = lengths > 0 ? slope / lengths : 0;
    this.offset = lengths > 0 ? offset / lengths : 0;
  }
}

/** The maxima of all points of both parts: what one pass over them gives, in any grouping, until the oldest blocks leave. */
export function mergeBlockMaxima(earlier: BlockMaximaState, later: BlockMaximaState): BlockMaximaState {
  const exponent = Math.max(earlier.exponent, later.exponent);
  const all = [...coarsen(earlier, exponent).blocks, ...coarsen(later, exponent).blocks];
  return fit({ exponent, blocks: joinEqual(all) });
}

function spreadOf(blocks: readonly TimeBlock[]): { readonly mean: number; readonly deviation: number } {
  let total = 0;
  for (const [, , maximum] of blocks) total += maximum;
  const mean = total / blocks.length;
  let squares = 0;
  for (const [, , maximum] of blocks) squares += (maximum - mean) ** 2;
  const deviation = Math.max(Math.sqrt(squares / blocks.length), LEAST_SHARE * mean, LEAST_DEVIATION);
  return { mean, deviation };
}

/** Doubles the blocks until they are few enough, or leaves out the oldest where blocks are as large as they get. */
function fit(state: BlockMaximaState): BlockMaximaState {
  let { exponent, blocks } = state;
  while (blocks.length > MAX_BLOCKS) {
    const points = blocks.reduce((sum, [, own]) => sum + own, 0);
    if (points >= blocks.length * MAX_BLOCK_POINTS) blocks = blocks.slice(-MAX_BLOCKS);
    else ({ exponent, blocks } = coarsen({ exponent, blocks }, exponent + 1));
  }
  return { exponent, blocks };
}

function coarsen(state: BlockMaximaState, exponent: number): BlockMaximaState {
  const factor = 2 ** (exponent - state.exponent);
  if (factor === 1) return state;
  const moved = state.blocks.map(([index, points, maximum]): TimeBlock => [
    Math.floor(index / factor),
    points,
    maximum,
  ]);
  return { exponent, blocks: joinEqual(moved) };
}

/** Joins neighbours that are one block by now. */
function joinEqual(blocks: readonly TimeBlock[]): readonly TimeBlock[] {
  const joined: TimeBlock[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last?.[0] === block[0])
      joined[joined.length - 1] = [last[0], last[1] + block[1], Math.max(last[2], block[2])];
    else joined.push(block);
  }
  return joined;
}
