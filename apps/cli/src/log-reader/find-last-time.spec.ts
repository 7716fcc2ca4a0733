import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { findLastTime } from './find-last-time';

describe('findLastTime', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'last-time-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('finds the time of the last line that has one', async () => {
    const file = path.join(folder, 'syslog');
    await writeFile(file, 'Jan 15 12:00:00 host app[1]: a\nFeb  3 23:59:58 host app[1]: b\n\tat c\n');
    expect(await findLastTime(file)).toMatchObject({ month: 2, day: 3 });
  });

  describe('of a named pipe', () => {
    const pipe = () => path.join(folder, 'pipe');
    beforeEach(() => void execFileSync('mkfifo', [pipe()]));
    afterEach(async () => {
      // Lets go whoever waits for the other end.
      await (await open(pipe(), 'r+')).close();
    });

    it('does not open it, for whoever writes to it would end when it is closed', async () => {
      expect(await findLastTime(pipe())).toBeUndefined();
    });
  });
});
