import type { Config } from './load-config';

const OPENROUTER_URL = 'https://openrouter.ai/api/v1';
const OPENAI_URL = 'https://api.openai.com/v1';

export interface ModelSettings {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
}

/** Which model writes, or undefined where none is configured. OPENAI_… wins where both are set. */
export function modelSettings(config: Config): ModelSettings | undefined {
  if (config.OPENAI_API_KEY !== undefined) {
    return {
      baseUrl: config.OPENAI_BASE_URL ?? OPENAI_URL,
      apiKey: config.OPENAI_API_KEY,
      model: config.OPENAI_MODEL,
    };
  }
  if (config.OPENROUTER_API_KEY !== undefined) {
    return {
      baseUrl: OPENROUTER_URL,
      apiKey: config.OPENROUTER_API_KEY,
      model: config.OPENROUTER_MODEL,
    };
  }
  return undefined;
}
