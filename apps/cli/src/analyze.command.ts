import type { Command } from 'commander';
import { addAnalyzeAnomaliesCommand } from './analyze-anomalies.command';
import { addAnalyzePatternsCommand } from './analyze-patterns.command';
import { addAnalyzeRootcauseCommand } from './analyze-rootcause.command';

/** Adds `analyze` and its sub-commands: the analysis library on files, without a server. */
export function addAnalyzeCommand(program: Command): void {
  const analyze = program
    .command('analyze')
    .description('find patterns, anomalies and root causes in files, without a server');
  addAnalyzePatternsCommand(analyze);
  addAnalyzeAnomaliesCommand(analyze);
  addAnalyzeRootcauseCommand(analyze);
}
