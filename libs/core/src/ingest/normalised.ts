import type { ProjectId } from '../common/ids';
import type { SeriesAtArrival } from '../metrics/series-at-arrival';

/** Bounds of what one record may hold; from the configuration. */
export interface NormaliseLimits {
  readonly maxMessageBytes: number;
  readonly maxContextFields: number;
  /** A later timestamp is replaced by the time of arrival. */
  readonly maxFutureMs: number;
}

/** What a record gets from its request rather than from its sender. The same request gives the same records. */
export interface NormaliseContext {
  readonly projectId: ProjectId;
  readonly receivedAtMs: number;
  /** Place in the batch, from 0. */
  readonly index: number;
  /** 10 characters of base32hex that stand for the batch; see log-id.ts. */
  readonly batchHash: string;
  readonly limits: NormaliseLimits;
  /** Which receiver took it in, such as `api`. */
  readonly source: string;
  /** Those of the whole request; absent where a record is looked at by itself. */
  readonly seriesAtArrival?: SeriesAtArrival;
}

/** A canonical record with what was changed on the way, in words; or why there is none. `field` is absent where the whole input is wrong. */
export type Normalised<Item> =
  | { readonly ok: true; readonly record: Item; readonly notes: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly field?: string };
