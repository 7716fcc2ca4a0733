import { type Command, Option } from 'commander';
import type { z } from 'zod';
import type {
  deadLetterListResponse,
  deadLetterResponse,
  discardResponse,
  replayResponse,
} from '../../../libs/contracts/src/dead-letters.contract';
import { plainText } from '../../../libs/core/src/common/plain-text';
import { INGEST_QUEUES } from '../../../libs/core/src/ingest/ingest-queue.port';
import { ApiClient } from './api-client';
import { findConnection, UsageError } from './connection';

interface LettersOptions {
  readonly url?: string;
  readonly apiKey?: string;
  readonly queue: string;
  readonly limit: string;
  readonly json?: true;
}

interface DiscardOptions extends LettersOptions {
  readonly all?: true;
}

type Letters = z.output<typeof deadLetterListResponse>;
type Letter = z.output<typeof deadLetterResponse>;

const REASON_CHARACTERS = 100;
const TEXT_CHARACTERS = 2000;
const EXIT_NOT_ALL = 1;

const HELP = `
What a store refuses, and what could not be stored after QUEUE_MAX_ATTEMPTS deliveries, is set aside here. Replaying puts it back
into its queue; a record that was stored meanwhile is not stored twice. Discarding gives its records up for good. The key
needs the permission admin.

Exit codes: 0 done, 1 not, or not all that were named were found, 2 wrong usage.

Examples:
  opspilot dead-letters list
  opspilot dead-letters show 17 --queue metrics.ingest
  opspilot dead-letters replay 17 18
  opspilot dead-letters replay
  opspilot dead-letters discard 17
  opspilot dead-letters discard --all --queue metrics.ingest`;

/** Adds the group `dead-letters`: list, show, replay, discard. */
export function addDeadLettersCommand(program: Command): void {
  const letters = program
    .command('dead-letters')
    .description('look at what could not be stored, and try again or give it up')
    .addHelpText('after', HELP);
  const command = (usage: string, description: string) =>
    letters
      .command(usage)
      .description(description)
      .addOption(
        new Option('--queue <queue>', 'whose dead letters').choices(INGEST_QUEUES).default('logs.ingest'),
      )
      .option('--json', 'print the answer of the API')
      .option('--url <url>', 'where OpsPilot is')
      .option('--api-key <key>', 'an API key with the permission admin');
  command('list', 'list them, the newest first')
    .option('--limit <count>', 'how many at most, up to 1000', '100')
    .action(list);
  command('show <id>', 'show one with its records').action(show);
  command(
    'replay [ids...]',
    "put them back into their queue; all of the key's project where none is named",
  ).action(replay);
  command('discard [ids...]', 'give them up for good: nobody brings their records back')
    .option('--all', "all of the key's project")
    .action(discard);
}

async function list(options: LettersOptions): Promise<void> {
  const client = await clientOf(options);
  const query = new URLSearchParams({ queue: options.queue, limit: options.limit });
  const answer = await client.get<Letters>(`/api/dead-letters?${query}`);
  if (options.json === true) {
    print(JSON.stringify(answer));
    return;
  }
  for (const { id, failed_at, attempts, record_count, reason } of answer.dead_letters)
    print(
      `${id}  ${failed_at}  ${record_count} records  ${attempts} attempts  ${plainText(reason, REASON_CHARACTERS)}`,
    );
  const more = answer.may_be_more ? ', and there may be more: replay, and list again' : '';
  print(`${answer.total} dead letters in ${options.queue}${more}`);
}

async function show(id: string, options: LettersOptions): Promise<void> {
  const client = await clientOf(options);
  const query = new URLSearchParams({ queue: options.queue });
  const letter = await client.get<Letter>(`/api/dead-letters/${encodeURIComponent(id)}?${query}`);
  if (options.json === true) {
    print(JSON.stringify(letter));
    return;
  }
  print(`id        ${letter.id}`);
  print(`queue     ${letter.queue}`);
  print(`reason    ${plainText(letter.reason, TEXT_CHARACTERS)}`);
  print(`queued    ${letter.queued_at}`);
  print(`set aside ${letter.failed_at}, after ${letter.attempts} attempts`);
  if (letter.request_id !== '') print(`request   ${plainText(letter.request_id, REASON_CHARACTERS)}`);
  print(`records   ${letter.record_count}`);
  for (const record of letter.records)
    print(plainText(typeof record === 'string' ? record : JSON.stringify(record), TEXT_CHARACTERS));
}

async function replay(ids: readonly string[], options: LettersOptions): Promise<void> {
  const client = await clientOf(options);
  const answer = await client.post<z.output<typeof replayResponse>>('/api/dead-letters/replay', {
    queue: options.queue,
    ...(ids.length > 0 && { ids }),
  });
  print(
    options.json === true
      ? JSON.stringify(answer)
      : `${answer.replayed} dead letters put back into ${options.queue}`,
  );
  tellMissing(answer.replayed, ids, options);
}

async function discard(ids: readonly string[], options: DiscardOptions): Promise<void> {
  if (ids.length > 0 === (options.all === true))
    throw new UsageError('name the dead letters to give up, or say --all');
  const client = await clientOf(options);
  const answer = await client.post<z.output<typeof discardResponse>>('/api/dead-letters/discard', {
    queue: options.queue,
    ids: options.all === true ? 'all' : ids,
  });
  print(
    options.json === true
      ? JSON.stringify(answer)
      : `${answer.discarded} dead letters of ${options.queue} discarded`,
  );
  tellMissing(answer.discarded, ids, options);
}

/** By ids that differ: one that is named twice is done once. */
function tellMissing(done: number, ids: readonly string[], { queue }: LettersOptions): void {
  const named = new Set(ids).size;
  if (done >= named) return;
  process.stderr.write(`${missingText(named, done, ids, queue)}\n`);
  process.exitCode = EXIT_NOT_ALL;
}

/** The API counts what it did: which ones are missing is known only where none was found. */
function missingText(named: number, done: number, ids: readonly string[], queue: string): string {
  const which =
    done === 0
      ? plainText([...new Set(ids)].join(', '), TEXT_CHARACTERS)
      : `${named - done} of the ${named} named`;
  return `no dead letter of ${queue}: ${which} (opspilot dead-letters list --queue ${queue} shows what is there)`;
}

async function clientOf(options: LettersOptions): Promise<ApiClient> {
  return new ApiClient(await findConnection(options));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
