import { type Stopwatch, systemStopwatch } from '../../core/src/common/stopwatch';

/** The stopwatch, as an injection token. */
export class AppStopwatch implements Stopwatch {
  constructor(private readonly stopwatch: Stopwatch = systemStopwatch) {}

  readMs(): number {
    return this.stopwatch.readMs();
  }
}
