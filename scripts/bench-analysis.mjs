// Measures the analysis library on the public benchmarks and prints every figure beside published ones.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchAnomalies } from './bench/anomalies.mjs';
import { benchPatterns } from './bench/patterns.mjs';
import { benchRootCauses } from './bench/root-causes.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const USAGE = `npm run bench:analysis [-- --data FOLDER] [--only PART]

  --data   holds logs/, anomaly/ and rca/: public benchmarks with their scorers, which are no part of OpsPilot;
           default ../shared/benchmarks
  --only   one of patterns, anomalies, root-causes

The scorers need python3 with numpy. OPSPILOT_BENCH_PYTHON names a python that has drain3==0.9.11 and scikit-learn too, for the
comparisons of speed.`;

const PARTS = { patterns: benchPatterns, anomalies: benchAnomalies, 'root-causes': benchRootCauses };

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.resolve(root, '../shared/benchmarks') },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
if (values.only !== undefined && !(values.only in PARTS))
  refuse(`--only is one of ${Object.keys(PARTS).join(', ')}`);
if (!existsSync(values.data)) refuse(`there is no folder ${values.data}: name one with --data`);

execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs')], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
for (const [name, bench] of Object.entries(PARTS)) {
  if (values.only !== undefined && values.only !== name) continue;
  await bench({ dataFolder: values.data, distFolder: path.join(root, 'dist') });
}

function refuse(problem) {
  console.error(`${problem}\n\n${USAGE}`);
  process.exit(2);
}
