/** One thing a role depends on. `check` resolves when it answers and throws when it does not. */
export interface HealthCheck {
  readonly name: string;
  /** Requests go on without it: /health then says degraded, and /ready does not mind. */
  readonly isOptional?: boolean;
  check(): Promise<void>;
}
