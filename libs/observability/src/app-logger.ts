/** Values as fields, then a message: lower-case, without a full stop. */
export interface LogMethod {
  (fields: object, message: string): void;
  (message: string): void;
}

/** What the code logs with. A level tells the reader what to do: `error` means that someone must act. */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger that adds these fields to each of its lines. */
  child(fields: Record<string, unknown>): Logger;
}

/** The Nest token of the process's logger. Provided as `{ provide: AppLogger, useValue: createLogger(…) }`. */
export abstract class AppLogger implements Logger {
  abstract readonly trace: LogMethod;
  abstract readonly debug: LogMethod;
  abstract readonly info: LogMethod;
  abstract readonly warn: LogMethod;
  abstract readonly error: LogMethod;
  abstract readonly fatal: LogMethod;
  abstract child(fields: Record<string, unknown>): Logger;
}
