import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadConfig } from '../../../libs/config/src/load-config';

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
  const file = path.join(path.resolve(config.OPSPILOT_HOME), 'connection.json');
  const left = await readConnectionFile(file);
  const url = options.url ?? config.OPSPILOT_URL ?? left.url;
  const apiKey = options.apiKey ?? config.OPSPILOT_API_KEY ?? left.apiKey;
  if (url === undefined || apiKey === undefined) {
    const missing = url === undefined ? 'where OpsPilot is' : 'an API key';
    throw new UsageError(
      `this needs ${missing}: start OpsPilot with npm start, or name --url and --api-key (or OPSPILOT_URL and OPSPILOT_API_KEY); looked for ${file}`,
    );
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new UsageError(`--url must be an http or https URL, not ${url}`);
  return { url, apiKey, ...(left.temporalUiUrl !== undefined && { temporalUiUrl: left.temporalUiUrl }) };
}

async function readConnectionFile(file: string): Promise<Partial<Connection>> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  try {
    const {
      url,
      api_key: apiKey,
      temporal_ui_url: temporalUiUrl,
    } = JSON.parse(text) as Record<string, unknown>;
    return {
      ...(typeof url === 'string' && { url }),
      ...(typeof apiKey === 'string' && { apiKey }),
      ...(typeof temporalUiUrl === 'string' && { temporalUiUrl }),
    };
  } catch {
    throw new UsageError(`${file} is damaged: start OpsPilot again, or name --url and --api-key`);
  }
}
