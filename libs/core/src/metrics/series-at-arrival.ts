/** Told to who sends several values of one series for one instant: stores keep one value per series and instant. */
export const REPEATED_SERIES_NOTE =
  'timestamp: this request has another value of the same series for the same instant, the time of arrival; only one of them is kept. Send timestamps to keep both';

/**
 * The series of a request that have a value at its time of arrival. Only there are repetitions looked for: several samples without timestamps
 * are nearly always a mistake, and looking at all samples would cost those with timestamps a good part of what it takes to accept them.
 */
export class SeriesAtArrival {
  /** Made when it is needed: most requests do not. */
  private seen: Set<string> | undefined;

  /** Whether the series has a value already; from now on it has. @param series in canonical JSON: name, service, tags */
  isRepeated(series: string): boolean {
    this.seen ??= new Set();
    const { size } = this.seen;
    return this.seen.add(series).size === size;
  }
}
