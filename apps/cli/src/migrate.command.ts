import type { Command } from 'commander';
import { engineUrls, postgresUrls } from '../../../libs/config/src/engine-settings';
import { loadConfig } from '../../../libs/config/src/load-config';
import { runMigrations } from '../../../libs/runtime/src/run-migrations';
import { catalogUrl } from './with-catalog';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description(
      'bring every PostgreSQL that is configured to the schema of this version; safe to repeat and to race',
    )
    .action(async () => {
      const urls = postgresUrls(engineUrls(loadConfig(), await catalogUrl()));
      const applied = new Set<string>();
      for (const url of urls) for (const name of await runMigrations(url)) applied.add(name);
      process.stdout.write(
        applied.size === 0 ? 'the schema is up to date\n' : `applied ${[...applied].join(', ')}\n`,
      );
    });
}
