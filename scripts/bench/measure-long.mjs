// What only time and size show: records/s at ten million stored beside one million, and memory over ten minutes of full load.
import { FIGURES, plainRow, toRow } from './figures.mjs';
import { countLogs, noteForeign, sendUntilSearchable, startProduction } from './measure-logs.mjs';
import { startEmbedded } from './opspilot-processes.mjs';
import { memoryMb, peakMemoryMb } from './processes.mjs';
import { median } from './statistics.mjs';

const PORTION = 500_000;
const FULL_LOAD_MS = 10 * 60_000;
const SAMPLE_MS = 5000;

export async function measureLongProduction({ engines, report, sizes }) {
  const production = await startProduction(engines);
  try {
    // First, for ten minutes of full load store ten million records themselves.
    const groups = { ...production.pids, ...engines.pids };
    await measureGrowth({ access: production, groups }, 'production mode', sizes, report);
    await measureMemory(production, report);
  } finally {
    await production.stop();
  }
}

export async function measureLongEmbedded({ report, sizes }) {
  const embedded = await startEmbedded();
  try {
    const groups = { all: [embedded.pid] };
    await measureGrowth({ access: embedded, groups }, 'embedded mode', sizes, report);
  } finally {
    await embedded.stop();
  }
}

/** Of the first minute and of the last, so that what grows is seen. */
async function measureMemory(access, report) {
  const samples = { ingest: [], 'ingest-worker': [] };
  const take = () => {
    for (const [role, list] of Object.entries(samples)) list.push(memoryMb(access.pids[role][0]));
  };
  const timer = setInterval(take, SAMPLE_MS);
  const until = performance.now() + FULL_LOAD_MS;
  try {
    for (let seed = 1; performance.now() < until; seed++) {
      report.say('production mode: ten minutes of full load');
      await sendUntilSearchable(access, { count: PORTION, seed });
    }
  } finally {
    clearInterval(timer);
  }
  const minute = Math.round(60_000 / SAMPLE_MS);
  for (const [role, list] of Object.entries(samples)) {
    const path = `memory of ${role}, ten minutes of full load`;
    report.add(toRow(FIGURES.memory, { path, value: peakMemoryMb(access.pids[role][0]) }));
    report.add(
      plainRow(
        path,
        'MB in the last minute ÷ in the second',
        median(list.slice(-minute)),
        median(list.slice(minute, 2 * minute)),
      ),
    );
  }
}

/** Some portions behind one million, and as many behind ten. */
async function measureGrowth({ access, groups }, mode, sizes, report) {
  const fillTo = async (total) => {
    for (;;) {
      const stored = await countLogs(access);
      if (stored >= total) return;
      report.say(`${mode}: ${stored} of ${total} records`);
      await sendUntilSearchable(access, { count: Math.min(PORTION, total - stored), seed: stored });
    }
  };
  const rateNow = async (what) => {
    const rates = [];
    for (let round = 1; round <= sizes.rounds; round++) {
      const { seconds, foreign } = await sendUntilSearchable(access, {
        count: PORTION / 2,
        seed: 7_000 + round,
        groups,
      });
      noteForeign(report, `${mode} ${what}, round ${round}`, foreign);
      rates.push(PORTION / 2 / seconds);
    }
    return median(rates);
  };
  await fillTo(sizes.small);
  const small = await rateNow('at 1 M');
  await fillTo(sizes.large);
  const large = await rateNow('at 10 M');
  report.add(toRow(FIGURES.growth, { path: `logs, ${mode}`, value: large, reference: small }));
}
