import { lowerCaseOf } from '../../../core/src/logs/parse-search';

/** Of longer messages, so many characters at the beginning are searchable. */
export const SEARCHABLE_CHARS = 32_768;

const SEPARATORS = /[^\p{L}\p{N}]+/gu;

/**
 * The words of a text as the log store indexes and asks for them: runs of letters and digits in lower case, with single
 * spaces between them. Analysed here and not by OpenSearch, so that a word is the same in every log store, whatever analysis
 * modules a distribution brings; there, splitting at spaces is all that is left to do.
 */
export function toSearchWords(text: string): string {
  // Separated first: whether a Σ becomes σ or ς depends on what stands behind it, also behind a full stop.
  const separated = text.slice(0, searchableLength(text)).replace(SEPARATORS, ' ');
  return lowerCaseOf(separated).trim();
}

/** In UTF-16 units, of which a character may be two. */
function searchableLength(text: string): number {
  if (text.length <= SEARCHABLE_CHARS) return text.length;
  let length = 0;
  for (let characters = 0; characters < SEARCHABLE_CHARS && length < text.length; characters++)
    length += (text.codePointAt(length) ?? 0) > 0xffff ? 2 : 1;
  return length;
}
