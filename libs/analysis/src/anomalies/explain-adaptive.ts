import { type ExpectedBand, formatValue } from './anomaly';
import type { OnsetTrait } from './series-traits';

export interface AdaptiveReason {
  readonly value: number;
  readonly band: ExpectedBand;
  readonly season: 'day' | 'week' | undefined;
  readonly trait: OnsetTrait;
  /** Deviations above the usual block maximum. */
  readonly surprise: number;
  /** Points of history. */
  readonly points: number;
}

/** One sentence on which departure made an anomaly, and against which history. */
export function explainAdaptive(reason: AdaptiveReason): string {
  const { value, band, season, trait, points } = reason;
  const usual = `${formatValue(band.expected)} ${season === undefined ? 'was the recent mean' : `is usual at this time of ${season}`}`;
  const measure =
    reason.surprise >= 100
      ? 'unlike anything'
      : `${reason.surprise.toFixed(1)} deviations beyond the largest`;
  const history = `${measure} in ${points} points of history`;
  switch (trait.name) {
    case 'season':
      return `${formatValue(value)} where ${usual}: ${history}`;
    case 'misfit-30':
      return `values have left their usual course for a while (${formatValue(value)} where ${usual}): ${history}`;
    case 'dispersion-100':
      return trait.isAbove
        ? `values vary more than usual, at ${formatValue(value)}: ${history}`
        : `values vary less than usual, nearly flat at ${formatValue(value)}: ${history}`;
    default:
      return `values jump more than usual, now ${formatValue(value)} where ${usual}: ${history}`;
  }
}
