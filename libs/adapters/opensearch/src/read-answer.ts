import type { IncomingMessage } from 'node:http';

/** A page of 1,000 records of the largest kind is smaller. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** An answer that broke off, took too long, is too large or is not what its header says. */
export class BrokenAnswerError extends Error {
  override readonly name = 'BrokenAnswerError';
}

/**
 * The body of an answer: parsed where it is JSON, else its text. The client would leave what it reads to slow garbage collections (its
 * requests hold on to each other: 10 ms for every 30 pages of 50 records, measured), and wait without end for what comes after the headers.
 * Errors: BrokenAnswerError.
 * @param timeoutMs longest wait for the whole of it
 */
export async function readAnswer(answer: IncomingMessage, timeoutMs: number): Promise<unknown> {
  const text = (await readBytes(answer, timeoutMs)).toString();
  if (text === '' || answer.headers['content-type']?.includes('json') !== true) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BrokenAnswerError('the answer is not the JSON that it claims to be', { cause: error });
  }
}

function readBytes(answer: IncomingMessage, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (reason: string, cause?: unknown) => {
      clearTimeout(timer);
      answer.destroy();
      reject(new BrokenAnswerError(reason, { cause }));
    };
    const timer = setTimeout(() => fail(`the answer was not whole after ${timeoutMs} ms`), timeoutMs);
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) fail(`the answer has more than ${MAX_ANSWER_BYTES} bytes`);
    });
    answer.on('error', (error) => fail('the answer broke off', error));
    answer.on('end', () => {
      clearTimeout(timer);
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes));
    });
  });
}
