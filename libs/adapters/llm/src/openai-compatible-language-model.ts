import OpenAI, { APIConnectionError, APIError, APIUserAbortError } from 'openai';
import { OpsError } from '../../../core/src/common/errors';
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
    const text = completion.choices?.[0]?.message?.content;
    if (typeof text !== 'string' || text === '') throw refused('the model answered without text');
    return {
      text,
      model: completion.model || this.name,
      inputTokens: completion.usage?.prompt_tokens ?? 0,
      outputTokens: completion.usage?.completion_tokens ?? 0,
    };
  }
}

/** Without the server's own words: an answer may repeat the key that was sent. */
function toOpsError(error: unknown): OpsError {
  if (error instanceof APIUserAbortError) return unavailable('the request to the model was cancelled');
  if (error instanceof APIConnectionError) return unavailable('the model does not answer');
  if (error instanceof APIError && typeof error.status === 'number') {
    const { status } = error;
    const message = `the model's server answered ${status}`;
    return status >= 500 || RETRYABLE_STATUSES.has(status) ? unavailable(message) : refused(message);
  }
  return refused("the model's answer could not be read");
}

function unavailable(message: string): OpsError {
  return new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', message);
}

function refused(message: string): OpsError {
  return new OpsError('unprocessable', 'OPS_MODEL_REFUSED', message);
}
