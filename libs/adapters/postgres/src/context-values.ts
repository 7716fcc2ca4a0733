import { storableText } from './storable-text';

/**
 * What a field of a context may hold to have this text as its value, as JSON: that text or, where JSON writes it so, a number or
 * a truth value. Compared as jsonb and not by `->>`: PostgreSQL writes the number 5e-7 as 0.0000005.
 */
export function contextValues(text: string): readonly string[] {
  const asText = JSON.stringify(storableText(text));
  return isJsonNumber(text) || text === 'true' || text === 'false' ? [asText, text] : [asText];
}

function isJsonNumber(text: string): boolean {
  const number = Number(text);
  return Number.isFinite(number) && JSON.stringify(number) === text;
}
