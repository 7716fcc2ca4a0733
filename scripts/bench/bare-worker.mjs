// The least that can bring logs from the broker into the store: joins messages of lines to bodies of `_bulk`, two under way, and
// acknowledges what is stored. With bare-accept.mjs it is the pipeline that OpsPilot's CPU is compared with. Prints `ready`.
import { connect } from 'amqplib';
import { RawOpenSearch } from './raw-opensearch.mjs';

const BULK_RECORDS = 5000;
const WAIT_MS = 200;
const IN_FLIGHT = 2;
const PREFETCH = 400;
const NEWLINE = 0x0a;
const ACTION = Buffer.from('{"create":{}}\n');
const [url, queue, opensearchUrl, index] = process.argv.slice(2);

const opensearch = new RawOpenSearch(opensearchUrl, IN_FLIGHT);
const connection = await connect(url, { noDelay: true });
const channel = await connection.createChannel();
await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
await channel.prefetch(PREFETCH);

let parts = [];
let records = 0;
let messages = [];
let timer;
let inFlight = 0;
const waiting = [];

function takeBatch() {
  clearTimeout(timer);
  timer = undefined;
  const batch = { body: Buffer.concat(parts), messages };
  parts = [];
  records = 0;
  messages = [];
  return batch;
}

async function flush() {
  const { body, messages: taken } = takeBatch();
  if (inFlight === IN_FLIGHT) await new Promise((resolve) => waiting.push(resolve));
  inFlight++;
  const answer = await opensearch.send(
    'POST',
    `/${index}/_bulk?filter_path=errors,items.*.error`,
    body,
    'application/x-ndjson',
  );
  if (answer.includes('"errors":true')) throw new Error(`_bulk refused documents: ${answer.slice(0, 500)}`);
  inFlight--;
  waiting.shift()?.();
  for (const message of taken) channel.ack(message);
}

await channel.consume(queue, (message) => {
  const { content } = message;
  for (let start = 0; start < content.length;) {
    const end = content.indexOf(NEWLINE, start) + 1;
    parts.push(ACTION, content.subarray(start, end));
    start = end;
    records++;
  }
  messages.push(message);
  if (records >= BULK_RECORDS) void flush();
  else timer ??= setTimeout(flush, WAIT_MS);
});
process.on('SIGTERM', () => process.exit(0));
console.log('ready');
