// Compiles apps, libs and workflows to dist/, then bundles the workflows. Files whose output is newer are left alone.
import { transformFile } from '@swc/core';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildKernel } from './build-kernel.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');
const SOURCE_FOLDERS = ['apps', 'libs', 'workflows'];
/** Of another language: scripts/build-kernel.mjs. */
const KERNEL_SOURCES = path.join(root, 'libs/kernel/assembly') + path.sep;

async function sourceFiles(folder) {
  const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter(
      (entry) =>
        entry.isFile() && entry.name.endsWith('.ts') && !/\.(spec|conformance|d)\.ts$/.test(entry.name),
    )
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !file.startsWith(KERNEL_SOURCES));
}

async function modifiedAt(file) {
  return stat(file).then(
    (info) => info.mtimeMs,
    () => 0,
  );
}

async function compile(source) {
  const output = path.join(dist, path.relative(root, source)).replace(/\.ts$/, '.js');
  if ((await modifiedAt(output)) > (await modifiedAt(source))) return 0;
  const { code, map } = await transformFile(source, { cwd: root, root, filename: source });
  await mkdir(path.dirname(output), { recursive: true });
  await writeFile(`${output}.map`, map ?? '');
  await writeFile(output, `${code}\n//# sourceMappingURL=${path.basename(output)}.map\n`);
  return 1;
}

async function removeStaleOutputs(sources) {
  const expected = new Set(
    sources.map((source) => path.join(dist, path.relative(root, source)).replace(/\.ts$/, '.js')),
  );
  const outputs = await readdir(dist, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of outputs) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const inSourceFolder = SOURCE_FOLDERS.some((folder) =>
      file.startsWith(path.join(dist, folder) + path.sep),
    );
    if (entry.isFile() && inSourceFolder && file.endsWith('.js') && !expected.has(file)) await rm(file);
  }
}

export async function build() {
  const sources = (await Promise.all(SOURCE_FOLDERS.map(sourceFiles))).flat();
  await removeStaleOutputs(sources);
  const compiled = (await Promise.all(sources.map(compile))).reduce((sum, count) => sum + count, 0);
  const bundle = path.join(dist, 'workflow-bundle.js');
  const workflowsChanged = compiled > 0 || (await modifiedAt(bundle)) === 0;
  if (workflowsChanged) {
    const { buildWorkflowBundle } = createRequire(import.meta.url)(
      path.join(dist, 'apps/workflow-worker/src/build-workflow-bundle.js'),
    );
    await buildWorkflowBundle(bundle);
  }
  return compiled + (await buildKernel(root));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const startedAt = Date.now();
  const compiled = await build();
  process.stdout.write(`built ${compiled} files in ${Date.now() - startedAt} ms\n`);
}
