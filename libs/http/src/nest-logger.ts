import type { LoggerService } from '@nestjs/common';
import type { Logger } from '../../observability/src/app-logger';

/** Nest's own log lines through ours. What Nest says while it starts is of use only when something is wrong. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...context: unknown[]): void {
    this.logger.debug(fieldsOf(message, context), textOf(message));
  }

  error(message: unknown, ...context: unknown[]): void {
    this.logger.error(fieldsOf(message, context), textOf(message));
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.logger.warn(fieldsOf(message, context), textOf(message));
  }

  debug(message: unknown, ...context: unknown[]): void {
    this.logger.debug(fieldsOf(message, context), textOf(message));
  }

  verbose(message: unknown, ...context: unknown[]): void {
    this.logger.trace(fieldsOf(message, context), textOf(message));
  }

  fatal(message: unknown, ...context: unknown[]): void {
    this.logger.fatal(fieldsOf(message, context), textOf(message));
  }
}

function textOf(message: unknown): string {
  return message instanceof Error ? message.message : String(message);
}

function fieldsOf(message: unknown, context: readonly unknown[]): object {
  return {
    ...(message instanceof Error && { err: message }),
    ...(context.length > 0 && { context: context.map(String).join(' ') }),
  };
}
