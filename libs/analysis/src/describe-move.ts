import type { SeriesMove } from './compare-series';

/** So much farther off than the level, as a share of the way there, the farthest value is told too. */
const FARTHER = 0.1;

/**
 * How a series moved, in words: `rose from 12 to 60 (97 at most)`, or `hardly rose, from 12 to 13` where that is no departure.
 * What it moved to is its level since the onset, as a single value says little of the others.
 */
export function describeMove(move: SeriesMove, figure: (value: number) => string, perSecond: string): string {
  const { expected, level, observed, direction } = move;
  const verb = direction === 'up' ? 'rose' : 'fell';
  const [from, to, farthest] = [expected, level, observed].map(figure);
  const isFarther = farthest !== to && Math.abs(observed - level) > FARTHER * Math.abs(level - expected);
  const extreme = isFarther ? ` (${farthest} at ${direction === 'up' ? 'most' : 'least'})` : '';
  const unit = move.isRate ? perSecond : '';
  if (move.outcome === 'departed') return `${verb} from ${from} to ${to}${unit}${extreme}`;
  return from === to
    ? `stayed at ${to}${unit}${extreme}`
    : `hardly ${verb}, from ${from} to ${to}${unit}${extreme}`;
}
