// The least that a receiver of logs can be: takes bytes, puts those of two milliseconds into one message, answers when the
// broker has it on disk. With `validate` each line is parsed, checked against a schema and written again. What OpsPilot's accept
// path is compared with. Prints its address.
import { createServer } from 'node:http';
import Ajv from 'ajv';
import { connect } from 'amqplib';

const COALESCE_MS = 2;
const COALESCE_BYTES = 256 * 1024;
const [url, queue, mode] = process.argv.slice(2);

const TEXT = { type: 'string' };
const isRecord = new Ajv.default().compile({
  type: 'object',
  required: ['timestamp', 'level', 'service', 'message'],
  properties: {
    timestamp: { type: 'string', minLength: 20 },
    level: TEXT,
    service: TEXT,
    message: TEXT,
    trace_id: TEXT,
    context: { type: 'object' },
  },
});

const connection = await connect(url, { noDelay: true });
const channel = await connection.createConfirmChannel();
await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });

let waiting = [];
let waitingBytes = 0;
let timer;

function flush() {
  clearTimeout(timer);
  timer = undefined;
  const batch = waiting;
  waiting = [];
  waitingBytes = 0;
  const body = Buffer.concat(batch.map(({ bytes }) => bytes));
  channel.publish('', queue, body, { persistent: true }, (error) => {
    for (const { response } of batch) response.writeHead(error === null ? 202 : 503).end('{}');
  });
}

function validated(bytes) {
  const lines = bytes.toString().trimEnd().split('\n');
  const records = lines.map((line) => JSON.parse(line));
  if (!records.every((record) => isRecord(record))) throw new Error('a record is not valid');
  return Buffer.from(`${records.map((record) => JSON.stringify(record)).join('\n')}\n`);
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const bytes = mode === 'validate' ? validated(body) : body;
    waiting.push({ bytes, response });
    waitingBytes += bytes.length;
    if (waitingBytes >= COALESCE_BYTES) flush();
    else timer ??= setTimeout(flush, COALESCE_MS);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
