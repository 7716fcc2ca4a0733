import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../../apps/opspilot/src/embedded-postgres';
import { findTemporalBinary } from '../../apps/opspilot/src/find-temporal-binary';
import { keepPorts } from '../../apps/opspilot/src/keep-ports';
import { Progress } from '../../apps/opspilot/src/progress';
import { startTemporalDevServer } from '../../apps/opspilot/src/temporal-dev-server';

/** What stop-engines.ts ends: jest runs both in the same process. */
export const started: { folder?: string | undefined; stop?: (() => Promise<void>) | undefined } = {};

/** Starts one PostgreSQL and one Temporal dev server for all test files, unless the variables name running ones. */
export default async function startEngines(): Promise<void> {
  if (
    process.env['OPSPILOT_TEST_DATABASE_URL'] !== undefined &&
    process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] !== undefined
  )
    return;
  const progress = new Progress(process.stderr);
  // Nobody ends a start that is under way.
  const { signal } = new AbortController();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'opspilot-engines-'));
  const startPostgres = keepPorts({ port: 25_432 }, (ports) =>
    startEmbeddedPostgres({
      folder: path.join(folder, 'postgres'),
      ...ports,
      database: 'opspilot',
      settings: { max_connections: '300' },
    }),
  );
  const postgres = await progress.step('starting PostgreSQL for the tests', () => startPostgres(signal));
  const temporal = await progress.step("starting Temporal's dev server for the tests", async () => {
    const binary = await findTemporalBinary(progress);
    return keepPorts({ port: 27_233, uiPort: 28_233 }, (ports) =>
      startTemporalDevServer({ binary, folder: path.join(folder, 'temporal'), ...ports }),
    )(signal);
  });
  process.env['OPSPILOT_TEST_DATABASE_URL'] = postgres.url;
  process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] = temporal.address;
  started.folder = folder;
  started.stop = async () => {
    await temporal.stop();
    await postgres.stop();
  };
}
