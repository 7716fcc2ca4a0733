import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROLES, startRole } from '../support/start-role';
import { createNamespace, deleteSchedules } from '../support/temporal-namespace';
import { createTestDatabase } from '../support/test-database';

const ROOT = path.resolve(__dirname, '../..');

/** What the last stage of the Dockerfile copies from those before it. */
const COPIED = [
  ...readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8').matchAll(
    /^COPY --from=\S+ \/opspilot\/(\S+) \.\/\1$/gm,
  ),
].map(([, file]) => file ?? '');

/** On any machine, so without an engine for containers: from a folder that holds what the image holds, and nothing else. */
describe('the files that the image holds', () => {
  let folder: string;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let environment: Record<string, string>;

  async function opspilot(...args: string[]): Promise<string> {
    const options = { cwd: folder, env: { ...process.env, ...environment } };
    const { stdout } = await promisify(execFile)(process.execPath, ['bin/opspilot.mjs', ...args], options);
    return stdout;
  }

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'opspilot-image-'));
    for (const file of COPIED) {
      if (file === 'node_modules') symlinkSync(path.join(ROOT, file), path.join(folder, file));
      else cpSync(path.join(ROOT, file), path.join(folder, file), { recursive: true });
    }
    database = await createTestDatabase();
    environment = {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '',
      TEMPORAL_NAMESPACE: `image-${randomUUID()}`,
    };
    await createNamespace(environment['TEMPORAL_ADDRESS'] ?? '', environment['TEMPORAL_NAMESPACE'] ?? '');
  });

  afterAll(async () => {
    await deleteSchedules(environment['TEMPORAL_ADDRESS'] ?? '', environment['TEMPORAL_NAMESPACE'] ?? '');
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  it('are enough to migrate and to make a project', async () => {
    expect(COPIED).toContain('node_modules');
    expect(await opspilot('migrate')).toContain('applied 0001_projects, ');
    expect(await opspilot('migrate')).toBe('the schema is up to date\n');
    expect(JSON.parse(await opspilot('create-project', 'first'))).toHaveProperty('api_key');
  });

  it.each(ROLES)('are enough for %s to start and to end in order', async (name) => {
    const role = await startRole(name, environment, folder);
    expect((await fetch(new URL('/health', role.url))).status).toBe(200);
    expect(await role.stop()).toBe(0);
  });
});
