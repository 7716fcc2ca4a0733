import { Command, CommanderError } from 'commander';
import { OpsConfigError } from '../../../libs/config/src/config-error';
import { keepLocalRequestsDirect } from '../../../libs/config/src/keep-local-requests-direct';
import { packageVersion } from '../../../libs/runtime/src/package-version';
import { addAnalyzeCommand } from './analyze.command';
import { UsageError } from './connection';
import { addDeadLettersCommand } from './dead-letters.command';
import { addDemoCommand } from './demo.command';
import { addMigrateCommand } from './migrate.command';
import { addProjectCommands } from './project.command';
import { addSendCommand } from './send.command';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** The whole command line. A command is one file `<name>.command.ts` with one function that adds it here. */
function createProgram(): Command {
  const program = new Command('opspilot')
    .description('the operations analyst beside your services')
    .version(packageVersion())
    .exitOverride();
  program.showHelpAfterError('(--help tells more)');
  addSendCommand(program);
  addAnalyzeCommand(program);
  addDemoCommand(program);
  addDeadLettersCommand(program);
  addProjectCommands(program);
  addMigrateCommand(program);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

/** Runs the command line of this process and sets its exit code: 0 done, 1 not (wholly) done, 2 wrong usage. */
export async function main(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads our output may stop early (head): that is no failure.
    if (error.code === 'EPIPE') return;
    process.stderr.write(`standard output cannot be written: ${error.message}\n`);
    process.exit(EXIT_FAILED);
  });
  // Where nobody hears what is told, what is done goes on.
  process.stderr.on('error', () => undefined);
  keepLocalRequestsDirect();
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  // Commander has said what was wrong; asking for help is nothing wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof UsageError || error instanceof OpsConfigError ? EXIT_USAGE : EXIT_FAILED;
}
