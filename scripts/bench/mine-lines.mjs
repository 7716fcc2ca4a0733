// node mine-lines.mjs DIST FILE: fingerprints and mines the lines of a file in a process of its own and prints one JSON object.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [, , dist, file] = process.argv;
const require = createRequire(import.meta.url);
const { TEMPLATE_ALGORITHM, TemplateMiner } = require(path.join(dist, 'libs/analysis/src/mine-templates.js'));
const { fingerprint } = require(path.join(dist, 'libs/analysis/src/fingerprint.js'));
const lines = readFileSync(file, 'utf8').split('\n');
const distinct = new Set();
const fingerprintStarted = process.cpuUsage();
for (const line of lines) distinct.add(fingerprint(line));
const fingerprintCpu = process.cpuUsage(fingerprintStarted);
const before = process.memoryUsage().rss;
const miner = new TemplateMiner();
const started = process.cpuUsage();
for (const line of lines) miner.add(line);
const templates = miner.templates();
const { user, system } = process.cpuUsage(started);
console.log(
  JSON.stringify({
    name: `ours (${TEMPLATE_ALGORITHM.name} ${TEMPLATE_ALGORITHM.version})`,
    linesPerCpuSecond: Math.round(lines.length / ((user + system) / 1e6)),
    fingerprintsPerCpuSecond: Math.round(
      lines.length / ((fingerprintCpu.user + fingerprintCpu.system) / 1e6),
    ),
    fingerprints: distinct.size,
    patterns: templates.length,
    peakMb: Math.round((process.resourceUsage().maxRSS * 1024 - before) / 1e6),
  }),
);
