import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { rankRootCauses } from '../../../libs/analysis/src/rank-root-causes';
import type { RootCauseRanking } from '../../../libs/analysis/src/root-cause';
import { findCases } from './analyze/find-cases';
import { rankingToText } from './analyze/ranking-to-text';
import { type ReadOnce, type RootCauseCase, readCase } from './analyze/read-case';
import { UsageError } from './connection';
import { unreadable } from './log-reader/log-input';

interface RootcauseOptions {
  readonly in: string;
  readonly out?: string;
}

const HELP = `
A case is a folder with a case.json that names the time of the alert and the files beside it: metrics, logs, traces, call latencies, the service
graph, a normal period. With a folder above cases, all cases below it are ranked.

Exit codes: 0 every case was ranked, 1 a case could not be read, 2 wrong usage.

Examples:
  opspilot analyze rootcause --in incidents/2026-03-01
  opspilot analyze rootcause --in incidents --out ranking.json`;

/** Adds `rootcause` to the group `analyze`. */
export function addAnalyzeRootcauseCommand(analyze: Command): void {
  analyze
    .command('rootcause')
    .description('rank the services of an incident by how well they explain it')
    .requiredOption('--in <path>', 'a case.json, its folder, or a folder with such folders below it')
    .option('--out <file>', 'write {case: [service, ...]}, best first, as JSON instead of tables')
    .addHelpText('after', HELP)
    .action(async (options: RootcauseOptions) => {
      process.exitCode = await runRootcause(options);
    });
}

async function runRootcause(options: RootcauseOptions): Promise<number> {
  const files = await findCases(options.in).catch((error: unknown) => {
    throw new UsageError(unreadable(options.in, error).message);
  });
  if (files.length === 0) throw new UsageError(`there is no case.json in or below ${options.in}`);
  const shared: ReadOnce = new Map();
  const ranked: Record<string, readonly string[]> = {};
  let failures = 0;
  for (const file of files) {
    try {
      const found = await readCase(file, shared);
      const ranking = rankRootCauses(found.input);
      ranked[found.name] = ranking.causes.map(({ serviceName }) => serviceName);
      if (options.out === undefined) show(found, ranking);
    } catch (error) {
      failures += 1;
      process.stderr.write(`${describe(error)}\n`);
    }
  }
  if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(ranked, null, 1)}\n`);
  return failures === 0 ? 0 : 1;
}

function show(found: RootCauseCase, ranking: RootCauseRanking): void {
  process.stdout.write(`${rankingToText(found.name, ranking)}\n`);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
