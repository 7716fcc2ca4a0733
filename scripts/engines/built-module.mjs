// Code of the embedded mode, which finds some engines the same way: packages are installed and dist/ is built for it once.
import { createRequire } from 'node:module';
import path from 'node:path';
import { ensureInstalled, root } from '../ensure-installed.mjs';

let ready;

/** A module of dist/. Errors: where the packages cannot be installed or the code cannot be built. */
export async function builtModule(file) {
  ready ??= ensureInstalled().then(async () => (await import('../build.mjs')).build());
  await ready;
  return createRequire(import.meta.url)(path.join(root, 'dist', file));
}
