import type { WholeAnswer } from './pooled-connection';

/** An answer that is not what its header says. */
export class BrokenAnswerError extends Error {
  override readonly name = 'BrokenAnswerError';
}

/** The body of an answer: parsed where it is JSON, else its text. Errors: BrokenAnswerError. */
export function parseAnswer({ headers, bytes }: Pick<WholeAnswer, 'headers' | 'bytes'>): unknown {
  const text = bytes.toString();
  if (text === '' || headers['content-type']?.includes('json') !== true) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BrokenAnswerError('the answer is not the JSON that it claims to be', { cause: error });
  }
}
