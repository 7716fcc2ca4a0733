import { plainText } from '../common/plain-text';

/** Log text inside a claim: plain, cut and in double quotes that it cannot close. */
export function quoteLogText(text: string, maxCharacters = 120): string {
  return `"${plainText(text, maxCharacters).replaceAll('"', "'")}"`;
}

const MAX_SERVICE_NAME = 128;

/** The name of a service inside a claim: plain, and never cut, as names of one system often differ at their ends. */
export function plainService(name: string): string {
  return plainText(name, MAX_SERVICE_NAME);
}
