import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SCRIPTS = path.resolve(__dirname, '../../scripts');

/**
 * What an expression gives that has a module of scripts/ as `it`. They are plain ES modules, which a specification in
 * TypeScript cannot name by type: evaluated in a Node of its own.
 */
export async function evaluateScript(module: string, expression: string): Promise<unknown> {
  const script = `import * as it from ${JSON.stringify(pathToFileURL(path.join(SCRIPTS, module)))};
    process.stdout.write(JSON.stringify((${expression}) ?? null));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  return JSON.parse(stdout);
}
