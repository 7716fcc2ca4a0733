import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { envSchema } from '../../libs/config/src/env.schema';

const README = readFileSync(path.resolve(__dirname, '../../README.md'), 'utf8');

interface Described {
  readonly description?: string | undefined;
  readonly default?: string | undefined;
  readonly bounds?: string | undefined;
}

/** The table as the README must show it: every variable, its default, its bounds. */
function configurationTable(): string {
  const json = z.toJSONSchema(envSchema, { io: 'input', unrepresentable: 'any' }).properties as Record<
    string,
    Described & { readonly enum?: readonly string[] }
  >;
  const rows = Object.entries(envSchema.shape).map(([name, schema]) => {
    const meta: Described = z.globalRegistry.get(schema) ?? {};
    const byDefault = meta.default ?? json[name]?.default;
    const bounds = meta.bounds ?? json[name]?.enum?.join(', ');
    return `| \`${name}\` | ${byDefault === undefined ? '' : `\`${byDefault}\``} | ${bounds ?? ''} | ${meta.description ?? ''} |`;
  });
  return ['| variable | default | bounds | what it sets |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

describe('README', () => {
  it('lists every variable with its default and bounds, as env.schema.ts has them', () => {
    expect(README).toContain(configurationTable());
  });

  it('describes every variable', () => {
    for (const [name, schema] of Object.entries(envSchema.shape)) {
      expect([name, z.globalRegistry.get(schema)?.description]).toEqual([
        name,
        expect.stringMatching(/.{10,}/),
      ]);
    }
  });
});
