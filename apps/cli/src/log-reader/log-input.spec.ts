import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createGunzip, gzipSync } from 'node:zlib';
import { type LogInput, openLogInput } from './log-input';

async function textOf({ chunks }: LogInput): Promise<string> {
  const read: Buffer[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read).toString();
}

const Gunzip = createGunzip().constructor;

describe('openLogInput', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'log-input-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function read(name: string, bytes: Uint8Array, isTextAssured = false): Promise<string> {
    const file = path.join(folder, name);
    await writeFile(file, bytes);
    return textOf(await openLogInput(file, isTextAssured));
  }

  async function makePipe(name: string): Promise<string> {
    const pipe = path.join(folder, name);
    await promisify(execFile)('mkfifo', [pipe]);
    return pipe;
  }

  it('unpacks gzip, whatever the name, with several members', async () => {
    expect(await read('a.log', Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]))).toBe('one\ntwo\n');
  });

  it('leaves no listener behind for each piece of a large gzip file', async () => {
    const listening = jest.spyOn(Gunzip.prototype as EventEmitter, 'once');
    const text = randomBytes(3_000_000).toString('base64');
    expect((await read('large.log', gzipSync(text))) === text).toBe(true);
    expect(listening.mock.calls.filter(([event]) => event === 'close').length).toBeLessThan(5);
    listening.mockRestore();
  });

  it('reads UTF-16 by its byte order mark, also inside gzip', async () => {
    const littleEndian = Buffer.from('\uFEFFgrüße\n', 'utf16le');
    const bigEndian = Buffer.from(littleEndian).swap16();
    expect(await read('b.log', littleEndian)).toBe('grüße\n');
    expect(await read('c.log', bigEndian)).toBe('grüße\n');
    expect(await read('d.log', gzipSync(littleEndian))).toBe('grüße\n');
  });

  it('reads an empty file', async () => {
    expect(await read('empty.log', Buffer.alloc(0))).toBe('');
  });

  it.each([
    ['a program', Buffer.from(Array.from({ length: 500 }, (_, index) => index % 32)), /looks binary/],
    [
      'what is packed, such as a picture',
      createHash('shake256', { outputLength: 9000 }).digest(),
      /looks binary/,
    ],
    ['zstd', Buffer.from('28b52ffd0000', 'hex'), /packed with zstd/],
    ['zip', Buffer.from('504b03040000', 'hex'), /packed with zip/],
    ['UTF-32', Buffer.from('fffe0000' + '61000000'.repeat(9), 'hex'), /is in UTF-32: turn it into UTF-8/],
    ['UTF-32 in the other order', Buffer.from('0000feff' + '00000061'.repeat(9), 'hex'), /is in UTF-32/],
    ['UTF-32 in gzip', gzipSync(Buffer.from('fffe000061000000', 'hex')), /is in UTF-32/],
    ['half a gzip file', gzipSync('x'.repeat(1000)).subarray(0, 20), /gzip data end too early/],
    [
      'a damaged gzip file',
      Buffer.concat([gzipSync('x').subarray(0, 10), Buffer.from('nonsense')]),
      /gzip data are damaged/,
    ],
  ])('refuses %s and says why', async (_, bytes, reason) => {
    await expect(read('bad.log', bytes)).rejects.toThrow(reason);
  });

  it('reads what looks binary when told to', async () => {
    const bytes = Buffer.alloc(100, 1);
    expect(await read('binary.log', bytes, true)).toBe(bytes.toString());
  });

  it('takes for text what is in an old encoding, or has a control after each field', async () => {
    const cyrillic = Buffer.from('ioibka bazy dannyh\n'.repeat(50)).map((byte) =>
      byte > 0x60 ? byte + 0x80 : byte,
    );
    expect(await read('koi8.log', cyrillic)).toMatch(/^\uFFFD{6} \uFFFD{4} /);
    const fix = '8=FIX.4.2\u00019=65\u000135=A\u000149=SERVER\u000156=CLIENT\u000134=177\n'.repeat(50);
    expect(await read('fix.log', Buffer.from(fix))).toBe(fix);
  });

  it('reads a named pipe from when somebody writes to it until he is done', async () => {
    const pipe = await makePipe('written.pipe');
    const input = await openLogInput(pipe, false);
    const read = textOf(input);
    await writeFile(pipe, 'one\ntwo\n');
    expect(await read).toBe('one\ntwo\n');
  });

  it('lets go of a named pipe to which nobody writes', async () => {
    const input = await openLogInput(await makePipe('silent.pipe'), false);
    const read = textOf(input);
    input.stop();
    expect(await read).toBe('');
  });

  it('takes a few stray NULs for text', async () => {
    expect(await read('nul.log', Buffer.from('a line with \0 in it\n'))).toBe('a line with \0 in it\n');
  });

  it('refuses a folder and a missing file in plain words', async () => {
    await expect(openLogInput(folder, false)).rejects.toThrow(/is a folder: name its files/);
    await expect(openLogInput(path.join(folder, 'none.log'), false)).rejects.toThrow(/there is no such file/);
  });
});
