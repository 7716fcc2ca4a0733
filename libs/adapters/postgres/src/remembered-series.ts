import type { Pool } from 'pg';
import { KnownSeries } from './known-series';
import { SeriesIds } from './series-ids';

const KNOWN_SERIES = 50_000;

/**
 * What a process remembers of series: true of the state that the catalog was in. When that may be another one, all of it is given up at once; a
 * write that has begun goes on with what it began with, which its mark vouches for.
 */
export class RememberedSeries {
  /** By the text that ends their lines. */
  readonly known = new KnownSeries(KNOWN_SERIES);
  readonly ids: SeriesIds;

  constructor(pool: Pool, maxSeries: number) {
    this.ids = new SeriesIds(pool, { maxSeries });
  }
}
