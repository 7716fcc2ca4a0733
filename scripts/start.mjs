// `npm start`: installs what is missing, builds what changed, and becomes OpsPilot in embedded mode.
import { createRequire } from 'node:module';
import { ensureInstalled, requireNoArguments, requireNode, requirePath, root } from './ensure-installed.mjs';

requireNode();
requireNoArguments(
  'npm start',
  'settings are environment variables, such as PORT=4000 npm start (README.md lists them)',
);
requirePath();
try {
  await ensureInstalled();
  const { build } = await import('./build.mjs');
  const startedAt = Date.now();
  const compiled = await build();
  if (compiled > 0) process.stdout.write(`✓ building ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
} catch (error) {
  process.stderr.write(`OpsPilot cannot start: ${error.message}\n`);
  process.exit(1);
}
process.chdir(root);
const { main } = createRequire(import.meta.url)('../dist/apps/opspilot/src/main.js');
await main();
