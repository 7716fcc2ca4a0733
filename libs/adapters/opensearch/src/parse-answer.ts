import { brokenAnswer } from './engine-error';
import type { WholeAnswer } from './pooled-connection';

type Content = Pick<WholeAnswer, 'headers' | 'bytes'>;

export function isJson({ headers }: Pick<Content, 'headers'>): boolean {
  return headers['content-type']?.includes('json') === true;
}

/** The body of an answer: parsed where it is JSON, else its text. Errors: as parseJson. */
export function parseAnswer({ headers, bytes }: Content): unknown {
  return bytes.length > 0 && isJson({ headers }) ? parseJson(bytes) : bytes.toString();
}

/** Errors: OpsError `unavailable` for what claims to be JSON and is not. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw brokenAnswer(error);
  }
}
