import { KEPT, PLACEHOLDER, maskPieces } from '../../kernel/src/masking';

/** The kinds of values that masking tells apart. Their order is that of libs/kernel/assembly/value-kind.ts. */
export const VALUE_KINDS = [
  'num',
  'hex',
  'uuid',
  'ip',
  'path',
  'url',
  'time',
  'duration',
  'size',
  'email',
  'quoted',
  'id',
] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** By kind of what is masked. White space comes last. */
const MARKS: readonly string[] = [...VALUE_KINDS.map((kind) => `<${kind}>`), ' ', '\n'];

/**
 * Replaces the variable parts of a log message by typed placeholders: `<num> <hex> <uuid> <ip> <path> <url> <time> <duration> <size> <email> <quoted>
 * <id>`. Stateless and total: any string goes in, lone surrogates included, and time is linear in its length. Runs of white space become one
 * space (a run with a line break becomes one line break). Placeholders in the input stay as they are, so masking a masked message changes nothing.
 * Numbers after letters keep the letters (`worker7` → `worker<num>`); quoted text is one value, but JSON keys and values and request lines stay readable.
 *
 * @param maxChars stop once the masked text is at least this long
 * @param values where given, what each placeholder stands for is appended to it, in order; placeholders of the input stand for themselves
 */
export function maskMessage(message: string, maxChars = Number.POSITIVE_INFINITY, values?: string[]): string {
  let masked = '';
  maskPieces(message, maxChars, (kind, start, end) => {
    if (kind === KEPT) masked += message.slice(start, end);
    else if (kind === PLACEHOLDER) values?.push(message.slice(start, end));
    else {
      masked += MARKS[kind] ?? '';
      if (kind < VALUE_KINDS.length) values?.push(message.slice(start, end));
    }
  });
  return masked;
}
