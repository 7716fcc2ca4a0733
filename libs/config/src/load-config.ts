import { OpsConfigError } from './config-error';
import { type Env, envSchema } from './env.schema';

/** The variables after checking: numbers are numbers, defaults are filled in. */
export type Config = Env;

/**
 * Reads and checks all variables at once. The only reader of process.env.
 * Errors: OpsConfigError that lists every problem.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const known = Object.fromEntries(
    Object.keys(envSchema.shape).flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  const result = envSchema.safeParse(known);
  if (result.success) return result.data;
  throw new OpsConfigError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}
