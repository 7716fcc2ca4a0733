import { z } from 'zod';
import { plainText } from '../../core/src/common/plain-text';
import { OpsConfigError } from './config-error';
import { type Env, envSchema } from './env.schema';

const GIVEN_CHARACTERS = 60;

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
    ...(result.error?.issues ?? []).map(({ path, message }) =>
      describeProblem(path.join('.'), known, message),
    ),
    ...required
      .filter((name) => known[name] === undefined)
      .map((name) => `${name}: must be set outside embedded mode (${envSchema.shape[name].description})`),
  ];
  if (result.success && problems.length === 0) return result.data;
  throw new OpsConfigError(problems);
}

/** With what was given, where that can be no secret: only numbers and words from a list have bounds. */
function describeProblem(name: string, known: Readonly<Record<string, string>>, requirement: string): string {
  const schema = Object.entries(envSchema.shape).find(([key]) => key === name)?.[1];
  const given = known[name];
  const isShown = schema !== undefined && z.globalRegistry.get(schema)?.['bounds'] !== undefined;
  if (!isShown || given === undefined) return `${name}: ${requirement}`;
  return `${name}: is ${plainText(given, GIVEN_CHARACTERS)}, and ${requirement}`;
}

/** Whether somebody set the variable, rather than leaving it to its default. */
export function isConfigured(
  name: keyof Env,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return environment[name] !== undefined && environment[name] !== '';
}
