import { plainText } from '../common/plain-text';

/** Log text inside a claim: plain, cut and in double quotes that it cannot close. */
export function quoteLogText(text: string, maxCharacters = 120): string {
  return `"${plainText(text, maxCharacters).replaceAll('"', "'")}"`;
}
