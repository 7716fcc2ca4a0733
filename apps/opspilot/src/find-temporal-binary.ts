import { execFile, spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { access, chmod, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { environmentForChildren } from '../../../libs/config/src/environment-for-children';
import type { Progress } from './progress';

const run = promisify(execFile);

/** The CLI release whose server the tests run on. Newer tags cannot be built by `go install`. */
const TEMPORAL_CLI_VERSION = '1.5.1';
const DOWNLOAD_INFO_TIMEOUT_MS = 8000;
const DOWNLOAD_TIMEOUT_MS = 300_000;

/**
 * Finds or obtains the Temporal CLI, which contains the dev server: on PATH, in the cache, by the official download, or
 * built by `go install`. The cache lies outside `.opspilot/`, so that a reset does not fetch it again.
 * Errors: when no way works; the message says what was tried and what a person can do.
 */
export async function findTemporalBinary(progress: Progress): Promise<string> {
  const environment = environmentForChildren();
  const onPath = await findOnPath(environment['PATH'] ?? '');
  if (onPath !== undefined) return onPath;
  const cacheFolder = findCacheFolder(environment);
  const cached = path.join(cacheFolder, `temporal-${TEMPORAL_CLI_VERSION}`);
  if (existsSync(cached)) return cached;
  const failures: string[] = [];
  for (const [how, obtain] of [
    ['the official download', download],
    ['go install', build],
  ] as const) {
    const workFolder = await makeWorkFolder(cacheFolder);
    try {
      const binary = await obtain(workFolder, progress);
      await chmod(binary, 0o755);
      await run(binary, ['--version'], { timeout: 30_000 });
      await rename(binary, cached);
      return cached;
    } catch (error) {
      failures.push(`  ${how}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    } finally {
      await rm(workFolder, { recursive: true, force: true });
    }
  }
  throw new Error(
    `cannot obtain Temporal's dev server (CLI ${TEMPORAL_CLI_VERSION}):\n${failures.join('\n')}\n` +
      `Put a temporal binary on PATH, install Go, or set TEMPORAL_ADDRESS to a running server.`,
  );
}

/** What is empty or relative does not count, as the XDG specification has it. */
function findCacheFolder(environment: Readonly<Record<string, string>>): string {
  const { XDG_CACHE_HOME: named = '', HOME: home } = environment;
  if (path.isAbsolute(named)) return path.join(named, 'opspilot');
  try {
    return path.join(home || os.userInfo().homedir, '.cache/opspilot');
  } catch (error) {
    throw cannotKeep('~/.cache/opspilot', error);
  }
}

async function makeWorkFolder(cacheFolder: string): Promise<string> {
  try {
    await mkdir(cacheFolder, { recursive: true });
    return await mkdtemp(path.join(cacheFolder, 'temporal-'));
  } catch (error) {
    throw cannotKeep(cacheFolder, error);
  }
}

function cannotKeep(cacheFolder: string, cause: unknown): Error {
  return new Error(
    `cannot keep Temporal's dev server in ${cacheFolder}: set XDG_CACHE_HOME to a folder that you may write, ` +
      `put a temporal binary on PATH, or set TEMPORAL_ADDRESS to a running server`,
    { cause },
  );
}

async function findOnPath(searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(path.delimiter).filter((entry) => entry !== '')) {
    const candidate = path.resolve(folder, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
    const usable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return candidate;
  }
  return undefined;
}

/** The same service that Temporal's own SDKs ask. */
async function download(folder: string, progress: Progress): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const address = `https://temporal.download/cli/v${TEMPORAL_CLI_VERSION}?platform=${platform}&arch=${architecture}&sdk-name=opspilot&sdk-version=0`;
  // npm and Go, which bring the rest, go through a proxy that the environment names. Node's own fetch would not.
  const dispatcher = new EnvHttpProxyAgent();
  const answer = await fetch(address, { dispatcher, signal: AbortSignal.timeout(DOWNLOAD_INFO_TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`the download service answered ${answer.status}`);
  const info = (await answer.json()) as { archiveUrl: string; fileToExtract: string };
  progress.detail('downloading it, about 50 MB');
  const signal = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
  const archive = await fetch(info.archiveUrl, { dispatcher, signal });
  if (!archive.ok || archive.body === null) throw new Error(`the download answered ${archive.status}`);
  const file = path.join(folder, 'archive.tar.gz');
  await pipeline(Readable.fromWeb(archive.body), createWriteStream(file));
  await run('tar', ['-xzf', file, '-C', folder, info.fileToExtract]);
  return path.join(folder, info.fileToExtract);
}

async function build(folder: string, progress: Progress): Promise<string> {
  progress.detail('no download here; building it with Go, once, about 3 minutes on 2 cores');
  await new Promise<void>((resolve, reject) => {
    const child = spawn(
      'go',
      // Compiling takes longest, and names no package of itself.
      ['install', '-v', `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}`],
      {
        env: { ...environmentForChildren(), GOBIN: folder, CGO_ENABLED: '0' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let lastOutput = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      lastOutput = (lastOutput + text).slice(-2000);
      const line = text.trim().split('\n').at(-1)?.trim();
      if (line)
        progress.detail(
          `building it with Go (about 3 minutes), which last said "${line.slice(0, 60)}"`,
          'passing',
        );
    });
    child.once('error', (error) =>
      reject(new Error(`Go is not installed (${error.message})`, { cause: error })),
    );
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`go install failed: ${lastOutput.trim()}`)),
    );
  });
  return path.join(folder, 'temporal');
}
