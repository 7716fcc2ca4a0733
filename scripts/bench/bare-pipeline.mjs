// The thinnest pipeline of the same parts as production mode: HTTP, broker, `_bulk`. Its CPU says what of OpsPilot's is its own.
import { prepareLoad } from './drive-load.mjs';
import { watchCpu } from './processes.mjs';
import { startBare } from './start-bare.mjs';

export const bareQueue = ({ name }) => `${name}.bare`;

/** @param mode 'validate': records are parsed, checked and written again; else bytes stay bytes */
export async function startBareAccept(engines, mode = 'raw') {
  const { pid, firstLine, stop } = await startBare(
    './bare-accept.mjs',
    engines.rabbitmqUrl,
    bareQueue(engines),
    mode,
  );
  return { pid, url: firstLine, stop };
}

function startBareWorker(engines, index) {
  const args = [engines.rabbitmqUrl, bareQueue(engines), engines.opensearchUrl, index];
  return startBare('./bare-worker.mjs', ...args);
}

/**
 * Sends a corpus through the pipeline with validation, until all of it is searchable: {seconds, cpu}, CPU seconds by part.
 * The index is made and removed.
 */
export async function runBarePipeline({ engines, opensearch }, { corpus, connections, round }) {
  const index = `${engines.name}-bare-${round}`;
  await opensearch.ask('PUT', `/${index}`, opensearch.plainSettings());
  const accept = await startBareAccept(engines, 'validate');
  const worker = await startBareWorker(engines, index);
  const load = await prepareLoad({ url: accept.url, apiKey: 'none', connections, corpus });
  try {
    const watch = watchCpu({ accept: [accept.pid], worker: [worker.pid], rabbitmq: engines.pids.rabbitmq });
    const startedAt = performance.now();
    const [searchableAt] = await Promise.all([opensearch.untilSearchable(index, corpus.count), load.run()]);
    return { seconds: (searchableAt - startedAt) / 1000, cpu: watch.stop().cpu };
  } finally {
    load.end();
    await worker.stop();
    await accept.stop();
    await opensearch.remove(index);
  }
}
