import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { envSchema } from '../../libs/config/src/env.schema';

const ROOT = path.resolve(__dirname, '../..');

/** The sources without the schema itself, tests, comments and texts: what is left are names that code uses. */
function codeOf(folder: string): string {
  const files = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.endsWith('env.schema.ts'))
    .map((file) => readFileSync(path.join(ROOT, folder, file), 'utf8'))
    .map((code) => code.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$|'[^'\n]*'/gm, ''))
    .join('\n');
}

describe('configuration', () => {
  it('has no variable that nothing reads', () => {
    const code = ['apps', 'libs', 'workflows'].map(codeOf).join('\n');
    const unread = Object.keys(envSchema.shape).filter((name) => !new RegExp(`\\b${name}\\b`).test(code));
    expect(unread).toEqual([]);
  });
});
