import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadModule } from './load-module';

const ROOT = path.resolve(__dirname, '../../..');
const NO_LIMIT = 2 ** 31 - 1;

interface CountedMasking {
  readonly memory: WebAssembly.Memory;
  beginMessage(codes: number): number;
  endMessage(): void;
  mask(start: number, end: number, maxChars: number): number;
}

/** The module, compiled so that it tells of each look at its memory. */
function countedModule(): Uint8Array {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'opspilot-kernel-'));
  try {
    const file = path.join(folder, 'masking.wasm');
    const build = pathToFileURL(path.join(ROOT, 'scripts/build-kernel.mjs')).href;
    const source = path.join(ROOT, 'libs/kernel/assembly/modules/masking.ts');
    const program = `import { compile } from ${JSON.stringify(build)};
      await compile(${JSON.stringify(source)}, ${JSON.stringify(file)}, ['--runPasses', 'instrument-memory']);`;
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' });
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('masking', () => {
  const module = new WebAssembly.Module(countedModule());
  let looks = 0;
  const pass = (_id: number, value: unknown): unknown => value;
  const kernel = new WebAssembly.Instance(module, {
    env: {
      memory_grow_pre: pass,
      memory_grow_post: pass,
      load_ptr: (_id: number, _bytes: number, _offset: number, address: number) => {
        looks++;
        return address;
      },
      load_val_i32: pass,
      load_val_i64: pass,
      load_val_f32: pass,
      load_val_f64: pass,
      store_ptr: (_id: number, _bytes: number, _offset: number, address: number) => address,
      store_val_i32: pass,
      store_val_i64: pass,
      store_val_f32: pass,
      store_val_f64: pass,
    },
    // Its functions are those of assembly/modules/masking.ts.
  }).exports as unknown as CountedMasking;

  /** How often memory is looked at. */
  function looksAt(message: string): number {
    const at = kernel.beginMessage(message.length);
    Buffer.from(kernel.memory.buffer).write(message, at, 'utf16le');
    kernel.endMessage();
    looks = 0;
    kernel.mask(0, message.length, NO_LIMIT);
    return looks;
  }

  it.each([
    ['digits', '7'],
    ['hexadecimal digits', 'a7'],
    ['dots and digits', '1.'],
    ['colons and digits', '1:'],
    ['colon pairs', 'ab::'],
    ['dashes', '1-'],
    ['double quotes', '"'],
    ['escaped quotes', '\\"'],
    ['unclosed quotes', ' "x\n'],
    ['quotes before words', " '-'a"],
    ['slashes', '/a '],
    ['slashes and colons', '/a:'],
    ['backslashes', 'c:\\'],
    ['schemes', 'a://'],
    ['at signs', 'a@b.c'],
    ['mail addresses', 'a1@b2.c3:'],
    ['less-than signs', '<'],
    ['exponents', '1e'],
    ['units', '1m'],
    ['months', 'Jan '],
    ['spaces', '  '],
    ['lone surrogates', '\ud800'],
    ['dots and digits before a letter', '1.', '1x'],
    ['dots and digits before half an exponent', '1.', '1e'],
    ['durations before a letter', '1.1m', '1x'],
    ['sizes before a letter', '1k', 'x'],
  ])('does linear work on nothing but %s', (_name, unit, last = '') => {
    const small = looksAt(unit.repeat(Math.ceil(5_000 / unit.length)) + last);
    const large = looksAt(unit.repeat(Math.ceil(20_000 / unit.length)) + last);
    expect(large).toBeLessThan(small * 4.5 + 4_096);
    expect(large).toBeLessThan(20_000 * 120);
  });

  it.each(['1-', 'de-ad-0f-', 'v1.2.3-rc1+b2_', '0-3:8-11:', '1+2-', 'a1/', '::1:', 'a1@b.c:'])(
    'has room for what becomes of a token as long as a message, made of %s',
    (unit) => {
      const message = unit.repeat(Math.ceil(60_000 / unit.length));
      for (const mostChars of [70, 512, NO_LIMIT]) {
        // In memory that a longer message made, there would be room for anything.
        const fresh = loadModule<CountedMasking>('masking');
        const at = fresh.beginMessage(message.length);
        Buffer.from(fresh.memory.buffer).write(message, at, 'utf16le');
        fresh.endMessage();
        expect(fresh.mask(0, message.length, mostChars)).toBeLessThanOrEqual(
          2 * (Math.min(mostChars, message.length) + 1),
        );
      }
    },
  );
});
