import { gzipSync } from 'node:zlib';
import { plainText } from '../../../libs/core/src/common/plain-text';
import { endpointOf } from './endpoint';
import { UNKNOWN_ROUTE } from './log-sender/post-batch';

const TIMEOUT_MS = 20_000;
const MAX_WORDS = 500;

export interface ApiAddress {
  readonly url: string;
  readonly apiKey: string;
}

/** What the API answered when it refused: its problem+json in one line. */
class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Plain requests to OpsPilot's API, for commands that ask more than they send. Errors: ApiError; a network error as it is. */
export class ApiClient {
  constructor(private readonly address: ApiAddress) {}

  get url(): string {
    return this.address.url;
  }

  async get<Answer>(path: `/${string}`): Promise<Answer> {
    return this.request<Answer>('GET', path);
  }

  async post<Answer>(path: `/${string}`, body: unknown): Promise<Answer> {
    return this.request<Answer>('POST', path, body);
  }

  async delete(path: `/${string}`): Promise<void> {
    await this.request('DELETE', path);
  }

  private async request<Answer>(method: string, path: `/${string}`, body?: unknown): Promise<Answer> {
    const response = await reach(this.address.url, () =>
      fetch(endpointOf(this.address.url, path), {
        method,
        headers: {
          'x-api-key': this.address.apiKey,
          ...(body !== undefined && { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
        },
        ...(body !== undefined && { body: gzipSync(JSON.stringify(body)) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }),
    );
    const text = await response.text();
    if (!response.ok)
      throw new ApiError(response.status, describe(`${method} ${path}`, response.status, text));
    if (text === '') return undefined as Answer;
    const answer = parseJson(text);
    if (answer === undefined)
      throw new Error(`${this.address.url} does not answer as OpsPilot does: is it there?`);
    // The caller names the type: these are our own contracts.
    return answer as Answer;
  }
}

function describe(request: string, status: number, text: string): string {
  if (status === 404 && text.includes(`"${UNKNOWN_ROUTE}"`))
    return 'OpsPilot is there, but not its role api: name the address of the API (--url or OPSPILOT_URL)';
  const problem = parseJson(text);
  const detail = typeof problem === 'object' && problem !== null ? Reflect.get(problem, 'detail') : undefined;
  // Whoever answers may be anybody, and what he says goes to a terminal.
  const words = plainText(typeof detail === 'string' ? detail : text, MAX_WORDS);
  return `${request} answered ${status}${words === '' ? '' : `: ${words}`}`;
}

/** Undefined where it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a network says of a server that is not there ("fetch failed") helps nobody. */
async function reach<Answer>(url: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`OpsPilot does not answer at ${url} (${cause}): is it running? npm start starts it`, {
      cause: error,
    });
  }
}
