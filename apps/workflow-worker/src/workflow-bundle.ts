import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { buildWorkflowBundle } from './build-workflow-bundle';

/** Where the build puts it: beside the compiled sources. */
const PREBUILT = path.resolve(__dirname, '../../../workflow-bundle.js');

/** The workflows that a worker runs: the prebuilt bundle where this runs from a build, or one made now. */
export async function loadWorkflowBundle(): Promise<WorkflowBundleOption> {
  if (path.extname(__filename) === '.js' && existsSync(PREBUILT)) return { codePath: PREBUILT };
  const folder = await mkdtemp(path.join(os.tmpdir(), 'opspilot-workflows-'));
  try {
    const file = path.join(folder, 'workflow-bundle.js');
    await buildWorkflowBundle(file);
    return { code: await readFile(file, 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
