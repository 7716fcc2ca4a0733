// `npm test`: installs what is missing, then every check and every test. Ends with one line of counts.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureInstalled, requireNode, root } from './ensure-installed.mjs';

requireNode();
await ensureInstalled();

const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const CHECKS = [
  ['types', bin('tsc'), ['--noEmit']],
  ['lint', bin('eslint'), ['.']],
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
  ['boundaries', bin('depcruise'), ['apps', 'libs', 'workflows', 'test']],
  ['build', process.execPath, ['scripts/build.mjs']],
];

function run(command, args, stdio) {
  return new Promise((resolve) => {
    let output = '';
    // Tests look at what commands print, which must not depend on where they run.
    const child = spawn(command, args, { cwd: root, stdio, env: { ...process.env, NO_COLOR: '1' } });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
    child.once('error', (error) => resolve({ code: 1, output: String(error) }));
    child.once('exit', (code) => resolve({ code: code ?? 1, output }));
  });
}

async function check([name, command, args]) {
  const startedAt = Date.now();
  const { code, output } = await run(command, args, ['ignore', 'pipe', 'pipe']);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? '✓' : '✗'} ${name} ${seconds} s\n${code === 0 ? '' : output}`);
  return code === 0;
}

/** Titles of skipped tests hold the reason; they are repeated at the end so that nothing passes silently. */
function reportSkipped(report) {
  const skipped = report.testResults.flatMap((file) =>
    file.assertionResults.filter((test) => test.status === 'pending' || test.status === 'todo'),
  );
  for (const test of skipped) process.stdout.write(`skipped: ${test.fullName}\n`);
}

const results = await Promise.all(CHECKS.map(check));
const folder = mkdtempSync(path.join(os.tmpdir(), 'opspilot-report-'));
const reportFile = path.join(folder, 'report.json');
// End-to-end tests mostly wait, so a few more workers than cores keep two cores busy.
const workers = Math.max(3, os.availableParallelism());
const jestArguments = [
  '--json',
  `--outputFile=${reportFile}`,
  `--maxWorkers=${workers}`,
  ...process.argv.slice(2),
];
await run(bin('jest'), jestArguments, ['ignore', 'ignore', 'inherit']);
let report;
try {
  report = JSON.parse(readFileSync(reportFile, 'utf8'));
} catch {
  report = {
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 1,
    testResults: [],
  };
}
rmSync(folder, { recursive: true, force: true });
reportSkipped(report);

const checksPassed = results.filter(Boolean).length;
const passed = report.numPassedTests + checksPassed;
const failed = report.numFailedTests + report.numRuntimeErrorTestSuites + (results.length - checksPassed);
const skipped = report.numPendingTests + report.numTodoTests;
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 && report.numPassedTests > 0 ? 0 : 1;
