/** One thing a role depends on. `check` resolves when it answers and throws when it does not. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void>;
}
