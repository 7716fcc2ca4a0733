/**
 * The clock that all processes share. For instants that one process sets and another acts on, such as that of a rule's
 * change: clocks of processes differ, and such an instant would lie in the future or past of whoever acts on it.
 * Errors: OpsError `unavailable` when the engine does not answer.
 */
export abstract class SharedClock {
  /** Whole milliseconds since 1970-01-01T00:00:00Z. */
  abstract now(): Promise<number>;
}
