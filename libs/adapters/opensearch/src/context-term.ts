/** Longer values are kept, but not searchable: nobody asks for a whole stack trace, and it would fill the index. Escapes count as what they stand for. */
export const MAX_TERM_VALUE_BYTES = 256;

/**
 * How a field of a context is asked for; libs/kernel/assembly/context-terms.ts writes them. Where the key has equals signs, the term begins with one and with
 * how many: `a=b` with the value `c` must not be what `a` with the value `b=c` is. No key is empty.
 */
export function contextTerm(key: string, value: string): string {
  const equalsSigns = key.split('=').length - 1;
  return equalsSigns === 0 ? `${key}=${value}` : `=${equalsSigns}=${key}=${value}`;
}
