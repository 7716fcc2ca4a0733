import OpenAI, { APIConnectionError, APIError, APIUserAbortError } from 'openai';
import { z } from 'zod';
import { OpsError } from '../../../core/src/common/errors';
import { plainText } from '../../../core/src/common/plain-text';
import {
  LanguageModel,
  type ModelAnswer,
  type ModelRequest,
} from '../../../core/src/investigation/language-model.port';

export interface OpenAiCompatibleOptions {
  /** Up to and including the version, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
}

/** Several times what the most output tokens take up, with what servers put around it. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;
const MAX_NAME = 200;
/** The report waits for the retry: who asks for more patience is not waited for any longer. */
const MAX_RETRY_AFTER_SECONDS = 30;
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Any server that speaks the chat completions API. Retries are the caller's: each call here is one request. */
export class OpenAiCompatibleLanguageModel extends LanguageModel {
  override readonly name: string;
  private readonly client: OpenAI;

  constructor(options: OpenAiCompatibleOptions) {
    super();
    this.name = options.model;
    // Everything is given, because the package would read what is missing from the environment.
    this.client = new OpenAI({
      baseURL: options.baseUrl,
      apiKey: options.apiKey,
      organization: null,
      project: null,
      maxRetries: 0,
      logLevel: 'off',
      fetch: fetchWhole,
    });
  }

  override async complete(request: ModelRequest, signal?: AbortSignal): Promise<ModelAnswer> {
    const completion = await this.client.chat.completions
      .create(
        {
          model: this.name,
          messages: [
            { role: 'system', content: request.system },
            { role: 'user', content: request.user },
          ],
          max_tokens: request.maxOutputTokens,
          temperature: 0,
        },
        { timeout: request.timeoutMs, ...(signal === undefined ? {} : { signal }) },
      )
      .catch((error: unknown) => {
        throw toOpsError(error);
      });
    const read = completionSchema.safeParse(completion);
    if (!read.success) throw refused('the model answered without text');
    const { choices, model, usage } = read.data;
    return {
      text: choices[0].message.content,
      model: plainText(model, MAX_NAME) || this.name,
      inputTokens: usage.prompt_tokens,
      outputTokens: usage.completion_tokens,
    };
  }
}

/** What is read of an answer. The package declares the type of what comes, and checks nothing of it. */
const completionSchema = z.object({
  choices: z.tuple([z.object({ message: z.object({ content: z.string().min(1) }) })], z.unknown()),
  model: z.string().catch(''),
  usage: z
    .object({ prompt_tokens: z.number(), completion_tokens: z.number() })
    .catch({ prompt_tokens: 0, completion_tokens: 0 }),
});

/**
 * Reads the answer to its end before the package sees it, whose timeout would end with the head: a server that then trickles or
 * floods would hold the worker, or fill its memory. What is longer than any answer is cut, and so is no JSON any more. Redirects
 * are not followed: what is known of an incident goes to the configured address and nowhere else.
 */
async function fetchWhole(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const answer = await fetch(url, { ...init, redirect: 'manual' });
  if (answer.body === null) return answer;
  const { status, headers } = answer;
  return new Response(await readAtMost(answer.body, MAX_ANSWER_BYTES), { status, headers });
}

async function readAtMost(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

/** Without the server's own words: an answer may repeat the key that was sent. */
function toOpsError(error: unknown): OpsError {
  if (error instanceof APIUserAbortError) return unavailable('the request to the model was cancelled');
  if (error instanceof APIConnectionError) return unavailable('the model does not answer');
  if (error instanceof APIError && typeof error.status === 'number') {
    const { status } = error;
    const message = `the model's server answered ${status}`;
    if (status < 500 && !RETRYABLE_STATUSES.has(status)) return refused(message);
    return unavailable(message, Number(error.headers?.get('retry-after') ?? 0));
  }
  return refused("the model's answer could not be read");
}

function unavailable(message: string, askedSeconds = 0): OpsError {
  const retryAfterSeconds = Math.min(askedSeconds, MAX_RETRY_AFTER_SECONDS);
  return new OpsError(
    'unavailable',
    'OPS_ENGINE_UNAVAILABLE',
    message,
    retryAfterSeconds > 0 ? { retryAfterSeconds } : {},
  );
}

function refused(message: string): OpsError {
  return new OpsError('unprocessable', 'OPS_MODEL_REFUSED', message);
}
