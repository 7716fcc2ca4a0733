// Sends a corpus over HTTP as fast as the answers come. A process of its own, driven over IPC by drive-load.mjs: bodies are
// made before the clock starts.
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'node:http';
import { percentile } from './statistics.mjs';

const RETRY_MS = 50;

function send(agent, { url, headers }, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode, text: () => Buffer.concat(chunks).toString() }),
        );
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Every connection takes the next body that nobody has; one that is told 429 sends the same body again. */
async function run(target, bodies, connections) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
  const latencies = [];
  let next = 0;
  let refusals = 0;
  const startedAt = performance.now();
  const connection = async () => {
    while (next < bodies.length) {
      const body = bodies[next++];
      for (;;) {
        const sentAt = performance.now();
        const { status, text } = await send(agent, target, body);
        if (status === 429) {
          refusals++;
          await sleep(RETRY_MS);
          continue;
        }
        if (status !== 202) throw new Error(`${target.url} answered ${status}: ${text().slice(0, 500)}`);
        latencies.push(performance.now() - sentAt);
        break;
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  agent.destroy();
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, refusals, p50Ms: percentile(latencies, 50), p99Ms: percentile(latencies, 99) };
}

let prepared;

async function answer(message) {
  if (message.prepare !== undefined) {
    const { corpus, module, ...rest } = message.prepare;
    const { makeBodies } = await import(new URL(module, import.meta.url));
    prepared = { ...rest, bodies: [...makeBodies(corpus)] };
    return { bytes: prepared.bodies.reduce((sum, { length }) => sum + length, 0) };
  }
  return run(prepared.target, prepared.bodies, prepared.connections);
}

process.on('message', (message) => {
  answer(message).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));
