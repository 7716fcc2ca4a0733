import { fingerprintOfMessage, firstLineOfMessage } from '../../kernel/src/masking';

/**
 * Stateless name of a message's pattern: a 64-bit hash of its masked text, as 16 hexadecimal characters, the same on every machine.
 * Of the message counts the first non-blank line, of that the first 512 masked characters. A Python traceback, whose first line is always the
 * same, counts by its last line as well.
 */
export function fingerprint(message: string): string {
  return fingerprintOfMessage(message);
}

/** The first line with something on it, without white space around it. */
export function firstLineOf(message: string): string {
  const { start, end } = firstLineOfMessage(message);
  return message.slice(start, end);
}
