import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const { forbidden: rules } = createRequire(__filename)(path.join(ROOT, '.dependency-cruiser.cjs')) as {
  forbidden: readonly { name: string }[];
};

/** For each rule, files of which the first breaks it. */
const PLANTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no-cycles': {
    'libs/core/src/cycle-a.ts': "import { b } from './cycle-b';\nexport const a = () => b;",
    'libs/core/src/cycle-b.ts': "import { a } from './cycle-a';\nexport const b = () => a;",
  },
  'kernel-imports-only-itself-and-node': {
    'libs/kernel/src/plant.ts': "import { Pool } from 'pg';\nexport const x = Pool;",
  },
  'analysis-imports-only-itself-and-the-kernel': {
    'libs/analysis/src/plant.ts': "import fs from 'node:fs';\nexport const x = fs;",
  },
  'core-imports-only-core-and-analysis': {
    'libs/core/src/plant.ts': "import { z } from 'zod';\nexport const x = z;",
  },
  'contracts-import-core-the-kernel-and-the-schema-library': {
    'libs/contracts/src/plant.ts': "import { Pool } from 'pg';\nexport const x = Pool;",
  },
  'config-imports-core-and-the-schema-library': {
    'libs/config/src/plant.ts': "import { Pool } from 'pg';\nexport const x = Pool;",
  },
  'observability-imports-no-other-lib-but-core': {
    'libs/observability/src/plant.ts':
      "import { target } from '../../contracts/src/target';\nexport const x = target;",
  },
  'adapters-import-core-contracts-observability-kernel': {
    'libs/adapters/postgres/src/plant.ts':
      "import { target } from '../../../config/src/target';\nexport const x = target;",
  },
  'adapters-never-import-another-adapter': {
    'libs/adapters/llm/src/plant.ts':
      "import { target } from '../../postgres/src/target';\nexport const x = target;",
  },
  'only-runtime-and-specs-import-adapters': {
    'apps/api/src/plant-adapter.ts':
      "import { target } from '../../../libs/adapters/postgres/src/target';\nexport const x = target;",
  },
  'apps-never-import-each-other': {
    'apps/api/src/plant-app.ts':
      "import { target } from '../../ingest/src/target';\nexport const x = target;",
  },
  'opspilot-imports-only-root-modules-of-apps': {
    'apps/opspilot/src/plant.ts':
      "import { target } from '../../ingest/src/target';\nexport const x = target;",
  },
  'workflows-import-only-what-is-deterministic': {
    'workflows/plant/plant.workflow.ts':
      "import type { Plant } from './plant.activities';\nexport type X = Plant;",
    'workflows/plant/plant.activities.ts': 'export interface Plant { a: 1 }',
  },
  'activities-and-clients-import-no-apps-adapters-runtime-http': {
    'workflows/plant/wired.activities.ts':
      "import { target } from '../../libs/runtime/src/target';\nexport const x = target;",
  },
  'nestjs-only-in-apps-http-runtime': {
    'libs/observability/src/nest.ts':
      "import { Injectable } from '@nestjs/common';\nexport const x = Injectable;",
  },
  'conformance-only-in-specs': {
    'apps/api/src/plant-conformance.ts':
      "import { target } from '../../../libs/conformance/src/target';\nexport const x = target;",
  },
  'nothing-imports-test': {
    'apps/api/src/plant-test.ts':
      "import { target } from '../../../test/support/target';\nexport const x = target;",
  },
  'libs-and-workflows-never-import-apps': {
    'libs/http/src/plant.ts':
      "import { target } from '../../../apps/ingest/src/target';\nexport const x = target;",
  },
  'lower-libs-never-import-workflows-runtime-http': {
    'libs/core/src/plant-runtime.ts':
      "import { target } from '../../runtime/src/target';\nexport const x = target;",
  },
};

const TARGETS = [
  'libs/adapters/postgres/src/target.ts',
  'libs/config/src/target.ts',
  'libs/contracts/src/target.ts',
  'libs/conformance/src/target.ts',
  'libs/runtime/src/target.ts',
  'apps/ingest/src/target.ts',
  'test/support/target.ts',
];

async function write(folder: string, file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
  await writeFile(path.join(folder, file), text);
}

function cruise(folder: string): Promise<string> {
  return new Promise((resolve) => {
    const depcruise = path.join(ROOT, 'node_modules/.bin/depcruise');
    const args = [
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
      'apps',
      'libs',
      'workflows',
      'test',
    ];
    // Exits with the number of violations: here that is the wanted outcome.
    execFile(depcruise, args, { cwd: folder, maxBuffer: 50_000_000 }, (_error, stdout) => resolve(stdout));
  });
}

describe('dependency rules', () => {
  let violations: readonly { rule: { name: string }; from: string }[] = [];

  beforeAll(async () => {
    const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'opspilot-rules-')));
    await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    await symlink(path.join(ROOT, '.dependency-cruiser.cjs'), path.join(folder, '.dependency-cruiser.cjs'));
    await write(folder, 'tsconfig.json', '{ "compilerOptions": { "module": "node20" } }');
    for (const file of TARGETS) await write(folder, file, 'export const target = 1;');
    for (const files of Object.values(PLANTED)) {
      for (const [file, text] of Object.entries(files)) await write(folder, file, text);
    }
    violations = (JSON.parse(await cruise(folder)) as { summary: { violations: typeof violations } }).summary
      .violations;
    await rm(folder, { recursive: true });
  });

  it.each(rules.map(({ name }) => name))('bites: %s', (name) => {
    const planted = Object.keys(PLANTED[name] ?? {})[0];
    expect(violations.filter((violation) => violation.rule.name === name).map(({ from }) => from)).toContain(
      planted,
    );
  });
});
