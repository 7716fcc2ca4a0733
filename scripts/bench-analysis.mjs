// Measures the analysis library on the public benchmarks and prints every figure beside published ones.
// npm run bench:analysis [-- --data FOLDER] [-- --only patterns]
// FOLDER (default ../shared/benchmarks) holds logs/, anomaly/ and rca/ with their scorers; python3 with numpy is needed for those.
// OPSPILOT_BENCH_PYTHON names a python that has drain3==0.9.11 and scikit-learn too, for the comparisons of speed.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchAnomalies } from './bench/anomalies.mjs';
import { benchPatterns } from './bench/patterns.mjs';
import { benchRootCauses } from './bench/root-causes.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const PARTS = { patterns: benchPatterns, anomalies: benchAnomalies, 'root-causes': benchRootCauses };

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.resolve(root, '../shared/benchmarks') },
    only: { type: 'string' },
  },
});

execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs')], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (values.only !== undefined && !(values.only in PARTS)) {
  console.error(`--only is one of ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
for (const [name, bench] of Object.entries(PARTS)) {
  if (values.only !== undefined && values.only !== name) continue;
  await bench({ dataFolder: values.data, distFolder: path.join(root, 'dist') });
}
