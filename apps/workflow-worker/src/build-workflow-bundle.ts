import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The bundle entry beside this build: compiled below dist/, TypeScript when run from the sources (the bundler reads both). */
const workflowsPath = path.resolve(
  __dirname,
  '../../../workflows',
  `all-workflows${path.extname(__filename)}`,
);

/** Packs all workflows into the one file that workers run, so that a worker starts without a bundler. Fails where a workflow imports what is not deterministic. */
export async function buildWorkflowBundle(outputFile: string): Promise<void> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  await mkdir(path.dirname(outputFile), { recursive: true });
  await writeFile(outputFile, code);
}
