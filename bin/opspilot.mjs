#!/usr/bin/env node
// The `opspilot` command: builds what has changed, then becomes apps/cli. Node built-ins only, so that it can say what is missing.
// An image has no sources, and nothing to build.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

if (!existsSync(path.join(root, 'node_modules', 'commander'))) {
  fail('OpsPilot is not installed yet: run npm start (or npm install --no-save) in its folder first');
}
if (existsSync(path.join(root, 'scripts', 'build.mjs'))) {
  try {
    const { build } = await import('../scripts/build.mjs');
    await build();
  } catch (error) {
    fail(`OpsPilot cannot be built: ${error.message}`);
  }
}
// From another folder, too, `npm start`'s own state is meant.
process.env.OPSPILOT_HOME ||= path.join(root, '.opspilot');
const { main } = createRequire(import.meta.url)('../dist/apps/cli/src/main.js');
await main();
