import { cleanText } from './clean-text';

/** C0 and C1 controls, and characters that hide or reorder text: zero-width, bidirectional controls, byte order mark. */
// eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/**
 * Text that came in from outside, made fit for a sentence or a terminal: one line, nothing invisible, no half characters, at most
 * `maxCharacters` long.
 */
export function plainText(text: string, maxCharacters: number): string {
  // The head is enough, and bounds the work on a message of many kilobytes.
  const head = text.slice(0, maxCharacters * 8);
  const line = cleanText(head).replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim();
  const characters = [...line];
  const isWhole = characters.length <= maxCharacters && head.length === text.length;
  if (isWhole) return line;
  return (
    characters
      .slice(0, maxCharacters - 1)
      .join('')
      .trimEnd() + '…'
  );
}
