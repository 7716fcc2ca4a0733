const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Where NODE_USE_ENV_PROXY is set, Node sends all its requests to the proxy that the environment names, also those that
 * stay on this machine. Those go past it, here and in programs started from here.
 */
export function keepLocalRequestsDirect(environment: Record<string, string | undefined> = process.env): void {
  const { no_proxy: named = environment['NO_PROXY'] ?? '' } = environment;
  if (named.trim() === '*') return;
  environment['no_proxy'] = [...(named === '' ? [] : [named]), ...LOCAL].join(',');
}
