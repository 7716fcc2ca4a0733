// Compiles each module of libs/kernel/assembly/modules, AssemblyScript, to WebAssembly in dist/libs/kernel.
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const MODULES = 'modules';

async function modifiedAt(file) {
  return stat(file).then(
    (info) => info.mtimeMs,
    () => 0,
  );
}

/** Returns how many were compiled: those that are older than any of their sources. */
export async function buildKernel(root) {
  const sources = path.join(root, 'libs/kernel/assembly');
  const output = path.join(root, 'dist/libs/kernel');
  const files = (await readdir(sources, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const times = await Promise.all(files.map((file) => modifiedAt(path.join(sources, file))));
  const newest = Math.max(...times);
  const names = files
    .filter((file) => path.dirname(file) === MODULES)
    .map((file) => path.basename(file, '.ts'));
  await mkdir(output, { recursive: true });
  await removeOthers(output, names);
  let compiled = 0;
  for (const name of names) {
    const target = path.join(output, `${name}.wasm`);
    if ((await modifiedAt(target)) > newest) continue;
    await compile(path.join(sources, MODULES, `${name}.ts`), target);
    compiled++;
  }
  return compiled;
}

async function removeOthers(output, names) {
  for (const file of await readdir(output))
    if (file.endsWith('.wasm') && !names.includes(path.basename(file, '.wasm')))
      await rm(path.join(output, file));
}

/** @param more options of asc */
export async function compile(source, target, more = []) {
  // Loaded where it is needed: it takes a second.
  const { main } = await import('assemblyscript/asc');
  // What is imported has the name of the file that declares it, from here.
  const baseDir = path.resolve(path.dirname(source), '..');
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--debug', ...more];
  const files = [path.relative(baseDir, source), '--outFile', target, '--baseDir', baseDir];
  const { error, stderr } = await main([...files, ...options]);
  if (error !== null) throw new Error(`${source} does not compile:\n${stderr.toString()}`, { cause: error });
}
