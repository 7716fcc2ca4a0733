import { OpsError } from '../../core/src/common/errors';
import type { HealthCheck } from '../../core/src/common/health-check';

export interface CheckOutcome {
  readonly name: string;
  readonly status: 'up' | 'down';
  readonly isOptional: boolean;
  readonly ms: number;
  /** Why it is down; without addresses or other insides, for /ready asks for no key. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/** Runs all checks at once; one that takes longer than `timeoutMs` counts as down. Never throws. */
export async function runHealthChecks(
  checks: readonly HealthCheck[],
  timeoutMs: number,
): Promise<readonly CheckOutcome[]> {
  return Promise.all(checks.map((check) => runOne(check, timeoutMs)));
}

async function runOne(check: HealthCheck, timeoutMs: number): Promise<CheckOutcome> {
  const startedAtMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAtMs);
  const { name, isOptional = false } = check;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', `did not answer within ${timeoutMs} ms`),
        ),
      timeoutMs,
    );
  });
  try {
    await Promise.race([check.check(), timeout]);
    return { name, status: 'up', isOptional, ms: elapsedMs() };
  } catch (cause) {
    const reason = cause instanceof OpsError ? cause.message : 'does not answer';
    return { name, status: 'down', isOptional, ms: elapsedMs(), reason, cause };
  } finally {
    clearTimeout(timer);
  }
}
