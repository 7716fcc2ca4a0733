import { envSchema } from './env.schema';

const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL)/i;

/** What a program started by OpsPilot inherits: this process's variables without our own and without what looks like a secret. */
export function environmentForChildren(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || name in envSchema.shape || SECRET_NAME.test(name) ? [] : [[name, value]],
    ),
  );
}
