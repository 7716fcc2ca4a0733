export interface ModelRequest {
  readonly system: string;
  readonly user: string;
  readonly maxOutputTokens: number;
  readonly timeoutMs: number;
}

export interface ModelAnswer {
  readonly text: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** A model that writes. Errors: OpsError `unavailable` (worth a retry) or `unprocessable` (not). */
export abstract class LanguageModel {
  /** Undefined where none is configured; then everything is written from statistics alone. */
  abstract readonly name: string | undefined;
  abstract complete(request: ModelRequest, signal?: AbortSignal): Promise<ModelAnswer>;
}
