/** Of longer messages, so many characters at the beginning are searchable. */
export const SEARCHABLE_CHARS = 32_768;

const SEPARATORS = /[^\p{L}\p{N}]+/gu;

/**
 * The words of a text as the log store indexes and asks for them: runs of letters and digits in lower case, with single
 * spaces between them. Analysed here and not by OpenSearch, so that a word is the same in every log store, whatever analysis
 * modules a distribution brings; there, splitting at spaces is all that is left to do.
 */
export function toSearchWords(text: string): string {
  return text.slice(0, SEARCHABLE_CHARS).toLowerCase().replace(SEPARATORS, ' ').trim();
}
