// The least that can stand between a client and OpenSearch: passes a request on, parses the answer and writes it again. How much
// of a query through OpsPilot's API the way alone costs. Prints its address.
import { Agent, createServer, request as send } from 'node:http';

const [engine] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, noDelay: true });

function read(stream) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => resolve(Buffer.concat(chunks)));
  });
}

function passOn({ method, url, headers }, body) {
  return new Promise((resolve, reject) => {
    const { 'content-type': type } = headers;
    const options = { method, agent, headers: { 'content-type': type, 'content-length': body.length } };
    send(new URL(url, engine), options, resolve).on('error', reject).end(body);
  });
}

const server = createServer(async (request, response) => {
  const answer = await passOn(request, await read(request));
  const body = JSON.stringify(JSON.parse((await read(answer)).toString()));
  response.writeHead(answer.statusCode, { 'content-type': 'application/json' }).end(body);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
