import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Command } from 'commander';
import { addDeadLettersCommand } from './dead-letters.command';

let server: Server;
let url: string;
let answer: object | string;
let status: number;
let asked: string | undefined;
let sent: string;
const said = { out: '', err: '' };

beforeEach(async () => {
  said.out = said.err = '';
  status = 200;
  server = createServer((request, response) => {
    asked = request.url;
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      if (pieces.length > 0) sent = gunzipSync(Buffer.concat(pieces)).toString();
      response.statusCode = status;
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [stream, key] of [
    [process.stdout, 'out'],
    [process.stderr, 'err'],
  ] as const) {
    jest.spyOn(stream, 'write').mockImplementation((text) => {
      said[key] += String(text);
      return true;
    });
  }
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** The exit code. */
async function run(...args: string[]): Promise<typeof process.exitCode> {
  const program = new Command('opspilot').exitOverride();
  addDeadLettersCommand(program);
  const given = ['dead-letters', ...args, '--url', url, '--api-key', 'key'];
  await program.parseAsync(given, { from: 'user' });
  return process.exitCode;
}

describe('opspilot dead-letters list', () => {
  it.each(['/opspilot', '/opspilot/'])('asks behind the path of its address: %s', async (path) => {
    url += path;
    answer = { dead_letters: [], total: 0, may_be_more: false };
    await run('list');
    expect(asked).toBe('/opspilot/api/dead-letters?queue=logs.ingest&limit=100');
  });

  it('says how many there are, and where there may be more', async () => {
    answer = { dead_letters: [], total: 1000, may_be_more: true };
    expect(await run('list')).toBeUndefined();
    expect(said.out).toBe(
      '1000 dead letters in logs.ingest, and there may be more: replay, and list again\n',
    );
    said.out = '';
    answer = { dead_letters: [], total: 0, may_be_more: false };
    await run('list');
    expect(said.out).toBe('0 dead letters in logs.ingest\n');
  });
});

describe('a command that asks the API', () => {
  it('shows what a problem says, and not its JSON', async () => {
    status = 400;
    answer = { title: 'wrong', detail: 'limit: must be a whole number from 1 to 1000' };
    await expect(run('list')).rejects.toThrow(/ answered 400: limit: must be a whole number from 1 to 1000$/);
  });

  it('lets nothing that somebody else answers steer the terminal', async () => {
    status = 502;
    answer = '<html>\u001b[2J\u009b31m';
    await expect(run('list')).rejects.toThrow(/ answered 502: <html> \[2J 31m$/);
  });

  it('says so where whoever answers is not OpsPilot', async () => {
    answer = '<html>Welcome</html>';
    await expect(run('list')).rejects.toThrow(/does not answer as OpsPilot does/);
  });
});

describe('opspilot dead-letters replay', () => {
  it('fails where none that was named is there, and names them', async () => {
    answer = { replayed: 0 };
    expect(await run('replay', 'nope', '17')).toBe(1);
    expect(said.out).toBe('0 dead letters put back into logs.ingest\n');
    expect(said.err).toMatch(/^no dead letter of logs\.ingest: nope, 17 \(/);
  });

  it('fails where some that were named are missing, and says how many', async () => {
    answer = { replayed: 2 };
    expect(await run('replay', '17', '18', 'nope', '--json')).toBe(1);
    expect(said.out).toBe('{"replayed":2}\n');
    expect(said.err).toMatch(/1 of the 3 named/);
  });

  it('succeeds where all that were named were put back, also where one was named twice', async () => {
    answer = { replayed: 1 };
    expect(await run('replay', '17', '17')).toBeUndefined();
    expect(said.err).toBe('');
  });

  it('says that an address is that of another role', async () => {
    status = 404;
    answer = { code: 'OPS_REQUEST_UNKNOWN_ROUTE' };
    await expect(run('replay')).rejects.toThrow(/not its role api: name the address of the API/);
  });

  it('succeeds where none was named and there is none', async () => {
    answer = { replayed: 0 };
    expect(await run('replay')).toBeUndefined();
    expect(said.err).toBe('');
  });
});

describe('opspilot dead-letters discard', () => {
  it('gives up those that are named, and names those that are not there', async () => {
    answer = { discarded: 1 };
    expect(await run('discard', '17', 'nope')).toBe(1);
    expect([asked, JSON.parse(sent)]).toEqual([
      '/api/dead-letters/discard',
      { queue: 'logs.ingest', ids: ['17', 'nope'] },
    ]);
    expect(said.out).toBe('1 dead letters of logs.ingest discarded\n');
    expect(said.err).toMatch(/1 of the 2 named/);
  });

  it('gives up all only where that is said', async () => {
    answer = { discarded: 12 };
    expect(await run('discard', '--all', '--queue', 'metrics.ingest')).toBeUndefined();
    expect(JSON.parse(sent)).toEqual({ queue: 'metrics.ingest', ids: 'all' });
    asked = undefined;
    await expect(run('discard')).rejects.toThrow(/or say --all/);
    await expect(run('discard', '17', '--all')).rejects.toThrow(/or say --all/);
    expect(asked).toBeUndefined();
  });
});
