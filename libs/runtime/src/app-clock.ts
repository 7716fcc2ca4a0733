import { type Clock, systemClock } from '../../core/src/common/clock';

/** The clock, as an injection token. */
export class AppClock implements Clock {
  constructor(private readonly clock: Clock = systemClock) {}

  now(): number {
    return this.clock.now();
  }
}
