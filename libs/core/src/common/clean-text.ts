/** ES2024, in every Node that OpsPilot runs on. */
interface WellFormedText {
  isWellFormed(): boolean;
  toWellFormed(): string;
}

/**
 * Replaces by U+FFFD what PostgreSQL and UTF-8 cannot hold: NUL and surrogates without a partner. The very same string
 * where there is nothing to replace.
 */
export function cleanText(text: string): string {
  const withoutNul = text.includes('\u0000') ? text.replaceAll('\u0000', '\uFFFD') : text;
  const checked = withoutNul as unknown as WellFormedText;
  return checked.isWellFormed() ? withoutNul : checked.toWellFormed();
}

/** Length in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // A surrogate pair is 4 bytes in 2 units: 2 more, one for each half.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** The longest beginning of at most `maxBytes` in UTF-8 that splits no character. Takes well-formed text. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isPair = code >= 0xd800 && code <= 0xdbff;
    bytes += code <= 0x7f ? 1 : code <= 0x7ff ? 2 : isPair ? 4 : 3;
    if (bytes > maxBytes) return text.slice(0, at);
    if (isPair) at++;
  }
  return text;
}

/** The first `maxLength` UTF-16 units, one less where the cut would split a surrogate pair. Takes well-formed text. */
export function cutToLength(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxLength - 1 : maxLength);
}
