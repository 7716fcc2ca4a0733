import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buildWorkflowBundle } from './build-workflow-bundle';

describe('buildWorkflowBundle', () => {
  it('packs every workflow, and so proves that none imports what is not deterministic', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'workflow-bundle-'));
    try {
      const file = path.join(folder, 'nested', 'bundle.js');
      await buildWorkflowBundle(file);
      const code = await readFile(file, 'utf8');
      const entry = await readFile(path.resolve(__dirname, '../../../workflows/all-workflows.ts'), 'utf8');
      const workflows = [...entry.matchAll(/^export \{ (\w+) \}/gm)].map(([, name]) => name);
      expect(workflows).toContain('alertEvaluation');
      for (const workflow of workflows) {
        const packed = code.includes(`async function ${workflow}(`);
        expect({ workflow, packed }).toEqual({ workflow, packed: true });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
