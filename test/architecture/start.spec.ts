import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SCRIPTS = path.resolve(__dirname, '../../scripts');
const STAND_INS = {
  'package-lock.json': '{}',
  'scripts/build.mjs': 'export const build = async () => 0;',
  'dist/apps/opspilot/src/main.js': "exports.main = async () => console.log('OpsPilot');",
};
const NOTES_ARGUMENTS = `#!/bin/sh\nprintf '%s ' "$@" > "$(dirname "$0")/called-with"\n`;
const NOTES_ARGUMENTS_AS_SCRIPT =
  "require('node:fs').writeFileSync(`${__dirname}/called-with`, process.argv.slice(2).join(' '));";

describe('npm start', () => {
  let clone: string;

  beforeEach(() => makeClone("opspilot 100% of 'ünï' #1 "));
  afterEach(() => rmSync(clone, { recursive: true, force: true }));

  function makeClone(name: string): void {
    clone = mkdtempSync(path.join(os.tmpdir(), name));
    write({ ...STAND_INS, 'node_modules/.keep': '' });
    for (const script of ['start.mjs', 'ensure-installed.mjs'])
      copyFileSync(path.join(SCRIPTS, script), path.join(clone, 'scripts', script));
  }

  function write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(clone, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text, { mode: 0o755 });
    }
  }

  function start(environment: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const { stdout, stderr } = spawnSync(process.execPath, [path.join(clone, 'scripts/start.mjs'), ...args], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    });
    return { stdout, stderr };
  }

  const calledWith = (folder: string) => readFileSync(path.join(clone, folder, 'called-with'), 'utf8');

  it('installs what the build takes too, whatever NODE_ENV is, and starts in a folder whose path is no URL', () => {
    write({ 'npm/npm-cli.js': NOTES_ARGUMENTS_AS_SCRIPT });
    const npm = path.join(clone, 'npm/npm-cli.js');
    expect(start({ npm_execpath: npm, NODE_ENV: 'production' })).toEqual({
      stdout: expect.stringMatching(/✓ installing packages .*\nOpsPilot\n$/),
      stderr: '',
    });
    expect(calledWith('npm')).toMatch(/^install --include=dev --include=optional --no-save /);
  });

  it('says that it takes no arguments, rather than listening on another port than the one that was named', () => {
    expect(start({}, '--port', '4000')).toEqual({
      stdout: '',
      stderr: expect.stringContaining('such as PORT=4000 npm start'),
    });
  });

  it('installs with npm where another package manager runs it', () => {
    write({ 'bin/npm': NOTES_ARGUMENTS, 'yarn/yarn.js': NOTES_ARGUMENTS_AS_SCRIPT });
    const environment = {
      npm_execpath: path.join(clone, 'yarn/yarn.js'),
      PATH: `${path.join(clone, 'bin')}${path.delimiter}${process.env['PATH']}`,
    };
    expect(start(environment)).toMatchObject({ stderr: '' });
    expect(calledWith('bin')).toMatch(/^install /);
  });

  it.each(['!', '?', '"', '$', '`'])('says that it cannot run in a folder with a %s', (sign) => {
    rmSync(clone, { recursive: true });
    makeClone(`opspilot-${sign}-`);
    const words = `because of the ${sign} in it: move the clone`;
    expect(start({})).toEqual({ stdout: '', stderr: expect.stringContaining(words) });
  });
});
