import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Config, loadConfig } from '../../../libs/config/src/load-config';
import { isPlainHttpUrl } from '../../../libs/core/src/common/is-plain-http-url';
import {
  CONNECTION_FILE,
  type ConnectionFile,
  parseConnectionFile,
} from '../../../libs/contracts/src/connection-file.contract';

/** A mistake in how the command was called. The command ends with exit code 2 and this message. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Connection {
  readonly url: string;
  readonly apiKey: string;
  /** Known where npm start has started OpsPilot. */
  readonly temporalUiUrl?: string;
}

export interface ConnectionOptions {
  readonly url?: string;
  readonly apiKey?: string;
}

/**
 * Where OpsPilot is and the key for it: what the command line says, else OPSPILOT_URL and OPSPILOT_API_KEY, else what a running `npm start` left in
 * connection.json. Errors: UsageError that says what to do.
 */
export async function findConnection(options: ConnectionOptions): Promise<Connection> {
  const config = loadConfig();
  const file = connectionFilePath(config);
  const left = await readConnectionFile(file);
  const url = options.url ?? config.OPSPILOT_URL ?? left.url;
  const apiKey = options.apiKey ?? config.OPSPILOT_API_KEY ?? left.api_key;
  if (url === undefined || apiKey === undefined) {
    const missing = url === undefined ? 'where OpsPilot is' : 'an API key';
    throw new UsageError(
      `this needs ${missing}: start OpsPilot with npm start, or name --url and --api-key (or OPSPILOT_URL and OPSPILOT_API_KEY); looked for ${file}`,
    );
  }
  if (!isPlainHttpUrl(url))
    throw new UsageError('--url must be an http or https URL without user name and password');
  // Said here, because fetch would say it at every attempt, and show the key.
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw new UsageError('the API key has characters that no key has: --api-key or OPSPILOT_API_KEY');
  return { url, apiKey, ...(left.temporal_ui_url !== undefined && { temporalUiUrl: left.temporal_ui_url }) };
}

/**
 * What `npm start` has left in OPSPILOT_HOME; nothing where it has not run there.
 * Errors: UsageError where the file is damaged.
 */
export async function readConnectionFile(file: string): Promise<Partial<ConnectionFile>> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  const left = parseConnectionFile(text);
  if (left !== undefined) return left;
  throw new UsageError(`${file} is damaged: start OpsPilot again, or name --url and --api-key`);
}

/** Where `npm start` leaves it. */
export function connectionFilePath(config: Pick<Config, 'OPSPILOT_HOME'>): string {
  return path.resolve(config.OPSPILOT_HOME, CONNECTION_FILE);
}
