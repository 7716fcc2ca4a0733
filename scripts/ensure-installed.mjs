// Installs the packages of package-lock.json when they are missing or of another lockfile. Needs nothing but Node.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const MINIMUM_NODE = [20, 19];
/** The bundler of the workflows takes the first two for its own signs; initdb hands the rest, unescaped, to a shell. */
const IMPOSSIBLE_IN_PATH = /[!?"$`]/;

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
    process.stderr.write(
      `OpsPilot needs Node ${MINIMUM_NODE.join('.')} or later; this is ${process.versions.node}\n`,
    );
    process.exit(1);
  }
}

export function requirePath() {
  const [sign] = IMPOSSIBLE_IN_PATH.exec(root) ?? [];
  if (sign === undefined) return;
  process.stderr.write(`OpsPilot cannot run in ${root}, because of the ${sign} in it: move the clone\n`);
  process.exit(1);
}

/** What is not understood must not be passed over: least of all by a command that removes data, where somebody asks for its help. */
export function requireNoArguments(command, what) {
  const [given] = process.argv.slice(2);
  if (given === undefined) return;
  const isHelp = given === '--help' || given === '-h';
  const text = isHelp
    ? `${command}: ${what}`
    : `${command} takes no arguments, and nothing was done: ${what}`;
  (isHelp ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(isHelp ? 0 : 1);
}

export async function ensureInstalled() {
  const stamp = path.join(root, 'node_modules', '.opspilot-installed');
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  const startedAt = Date.now();
  process.stdout.write('… installing packages (once, about a minute; 600 MB on disk)\n');
  // Not `npm ci`: it refuses a lockfile that lacks optional packages of other platforms. This pins the same versions.
  // The build takes packages that npm leaves out where NODE_ENV is production, or where its configuration says so.
  const packages = ['--include=dev', '--include=optional'];
  await runNpm(['install', ...packages, '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, lock);
  process.stdout.write(`✓ installing packages ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
}

function runNpm(args) {
  // npm names itself in npm_execpath when it runs us; that works where `npm` is not on PATH. Yarn and pnpm name themselves, too.
  const npm = process.env.npm_execpath;
  const [command, prefix] = npm?.endsWith('npm-cli.js') ? [process.execPath, [npm]] : ['npm', []];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...prefix, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ${args[0]} failed (see above)`)),
    );
  });
}
