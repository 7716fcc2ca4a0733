import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lockHome } from './home-lock';

describe('lockHome', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'opspilot-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('says which variable to change where the folder cannot be written, such as where a file is in its place', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    await expect(lockHome(file)).rejects.toThrow(/problem:\n {2}OPSPILOT_HOME: .*file cannot be written \(E/);
  });
});
