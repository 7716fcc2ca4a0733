import { OpsConfigError } from './config-error';
import { type Env, envSchema } from './env.schema';

/** The variables after checking: numbers are numbers, defaults are filled in. */
export type Config = Env;

export interface LoadOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Variables without a default that this process cannot do without. */
  readonly required?: readonly (keyof Env)[];
}

/**
 * Reads and checks all variables at once. The only reader of process.env.
 * Errors: OpsConfigError that lists every problem.
 */
export function loadConfig({ environment = process.env, required = [] }: LoadOptions = {}): Config {
  const known = Object.fromEntries(
    Object.keys(envSchema.shape).flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  const result = envSchema.safeParse(known);
  const problems = [
    ...(result.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...required
      .filter((name) => known[name] === undefined)
      .map((name) => `${name}: must be set outside embedded mode (${envSchema.shape[name].description})`),
  ];
  if (result.success && problems.length === 0) return result.data;
  throw new OpsConfigError(problems);
}

/** Whether somebody set the variable, rather than leaving it to its default. */
export function isConfigured(
  name: keyof Env,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return environment[name] !== undefined && environment[name] !== '';
}
