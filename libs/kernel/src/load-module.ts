import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What `npm run build` makes of the files of libs/kernel/assembly/modules. */
const MODULES = ['bulk-lines', 'masking', 'plain-log-lines'] as const;
type ModuleName = (typeof MODULES)[number];

/** Functions that a module calls, of numbers only, by the file of libs/kernel/assembly that declares them. */
export type Hooks = Readonly<Record<string, Readonly<Record<string, (...args: number[]) => number>>>>;

/** Each has a memory, besides its functions of numbers. */
export interface ModuleExports {
  readonly memory: WebAssembly.Memory;
}

const compiled = new Map<ModuleName, WebAssembly.Module>();

/**
 * Reads all modules, so that no request is the first to need one: it would fail in a process that may open no more files.
 * Errors: as those of loadModule.
 */
export function compileModules(): void {
  for (const name of MODULES) compile(name);
}

/**
 * An instance with a memory of its own. Compiles the module at once, the first time: it is small, and its user cannot go on without it.
 * Errors: one that says to build where the module is missing.
 */
export function loadModule<Exports extends ModuleExports>(name: ModuleName, hooks: Hooks = {}): Exports {
  const { exports } = new WebAssembly.Instance(compile(name), hooks);
  // Its functions are those that its source exports: WebAssembly has no types to check that.
  return exports as unknown as Exports;
}

function compile(name: ModuleName): WebAssembly.Module {
  let module = compiled.get(name);
  if (module === undefined) compiled.set(name, (module = new WebAssembly.Module(readModule(name))));
  return module;
}

/** From dist/libs/kernel, whether this runs as it was built or as it was written. */
function readModule(name: ModuleName): Buffer {
  const folder = __filename.endsWith('.ts') ? '../../../dist/libs/kernel' : '..';
  const file = path.resolve(__dirname, folder, `${name}.wasm`);
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${file} cannot be read; npm run build makes it`, { cause: error });
  }
}
