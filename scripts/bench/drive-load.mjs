// Drives the load generator's process.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const GENERATOR = fileURLToPath(new URL('./load-generator.mjs', import.meta.url));

/**
 * A process with the bodies ready to be sent.
 * @param module which corpus: './corpus.mjs' or './sample-corpus.mjs'
 */
export async function prepareLoad({ url, apiKey, connections, corpus, module = './corpus.mjs' }) {
  const child = fork(GENERATOR, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = new Promise((_, reject) =>
    child.once('exit', (code) => reject(new Error(`the load generator ended with code ${code}`))),
  );
  ended.catch(() => undefined);
  const ask = (message) => {
    const answered = new Promise((resolve, reject) =>
      child.once('message', ({ result, error }) =>
        error === undefined ? resolve(result) : reject(new Error(error)),
      ),
    );
    child.send(message);
    return Promise.race([answered, ended]);
  };
  const headers = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${apiKey}` };
  const { bytes } = await ask({ prepare: { target: { url, headers }, connections, corpus, module } });
  return {
    pid: child.pid,
    bytes,
    /** Sends everything once: {seconds, refusals, p50Ms, p99Ms}. */
    run: () => ask({ run: true }),
    end: () => child.disconnect(),
  };
}
