import type { Command } from 'commander';
import { engineUrls, postgresUrls } from '../../../libs/config/src/engine-settings';
import { loadConfig } from '../../../libs/config/src/load-config';
import { type MigrationLog, runMigrations } from '../../../libs/runtime/src/run-migrations';
import { catalogUrl } from './with-catalog';

/** Shows what only an operator can do about what is left; what was applied is told in the end. */
const ADVICE: MigrationLog = {
  info(fields, message) {
    if ('advice' in fields) process.stdout.write(`${message}: ${String(fields.advice)}\n`);
  },
};

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description(
      'bring every PostgreSQL that is configured to the schema of this version; safe to repeat and to race',
    )
    .option(
      '--index-services',
      'also put the services of all log records into the index of words, which makes searches by words in a service faster; ' +
        'takes half a minute to a minute for each million, while everything else goes on',
    )
    .action(async ({ indexServices = false }: { readonly indexServices?: boolean }) => {
      const urls = postgresUrls(engineUrls(loadConfig(), await catalogUrl()));
      const applied = new Set<string>();
      for (const url of urls)
        for (const name of await runMigrations(url, ADVICE, { mayTakeLong: indexServices }))
          applied.add(name);
      process.stdout.write(
        applied.size === 0 ? 'the schema is up to date\n' : `applied ${[...applied].join(', ')}\n`,
      );
    });
}
