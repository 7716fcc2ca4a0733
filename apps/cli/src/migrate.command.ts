import type { Command } from 'commander';
import { runMigrations } from '../../../libs/runtime/src/run-migrations';
import { catalogUrl } from './with-catalog';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description(
      'bring the database (DATABASE_URL) to the schema of this version; safe to repeat and to race',
    )
    .action(async () => {
      const applied = await runMigrations(await catalogUrl());
      process.stdout.write(
        applied.length === 0 ? 'the schema is up to date\n' : `applied ${applied.join(', ')}\n`,
      );
    });
}
