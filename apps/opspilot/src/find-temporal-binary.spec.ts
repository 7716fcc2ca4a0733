import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { findTemporalBinary } from './find-temporal-binary';
import { Progress } from './progress';

describe('where the dev server of Temporal is kept', () => {
  const before = { ...process.env };
  const progress = new Progress(process.stdout);
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'opspilot-home-'));
    process.env['PATH'] = '';
    process.env['HOME'] = home;
  });
  afterEach(() => {
    process.env = { ...before };
    rmSync(home, { recursive: true });
  });

  function kept(folder: string): string {
    const file = path.join(home, folder, 'opspilot/temporal-1.5.1');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '');
    return file;
  }

  it.each(['', 'relative'])('is the home folder, where XDG_CACHE_HOME is %j', async (named) => {
    process.env['XDG_CACHE_HOME'] = named;
    const file = kept('.cache');
    expect(await findTemporalBinary(progress)).toBe(file);
  });

  it('is XDG_CACHE_HOME where that is a path', async () => {
    process.env['XDG_CACHE_HOME'] = path.join(home, 'cache');
    const file = kept('cache');
    expect(await findTemporalBinary(progress)).toBe(file);
  });

  it('is told to be set where nobody may write there', async () => {
    delete process.env['XDG_CACHE_HOME'];
    writeFileSync(path.join(home, '.cache'), '');
    await expect(findTemporalBinary(progress)).rejects.toThrow('set XDG_CACHE_HOME to a folder');
  });

  it('is filled through the proxy that the environment names', async () => {
    const asked: string[] = [];
    const proxy = createServer((socket) => {
      socket.once('data', (bytes) => {
        asked.push(bytes.toString().split(' HTTP')[0] ?? '');
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    process.env['https_proxy'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    delete process.env['XDG_CACHE_HOME'];
    // Neither download nor Go: there is no PATH.
    await expect(findTemporalBinary(progress)).rejects.toThrow("cannot obtain Temporal's dev server");
    await new Promise((resolve) => proxy.close(resolve));
    expect(asked).toEqual(['CONNECT temporal.download:443']);
  });
});
