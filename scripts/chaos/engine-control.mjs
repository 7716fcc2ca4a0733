import { ENGINES, down, status, up } from '../engines/engines.mjs';

const NAMES = ['rabbitmq', 'opensearch', 'postgres', 'redis', 'temporal'];
const SILENT = { task: async (_title, work) => work({ say: () => undefined, passing: () => undefined }) };

/** The engines of a chaos run: of its own, in its own folder, because they are killed. */
export class EngineControl {
  constructor(folder) {
    this.folder = folder;
  }

  async startAll(reporter) {
    await up(this.folder, enginesNamed(NAMES), reporter);
    const running = status(this.folder);
    this.urls = {
      database: running.postgres.url,
      rabbitmq: running.rabbitmq.url,
      opensearch: running.opensearch.url,
      redis: running.redis.url,
      temporal: running.temporal.url,
    };
  }

  /** Returns once none of its processes is left. Errors: where there is none to kill. */
  async kill(name) {
    const pids = Object.values(status(this.folder)[name]?.pids ?? {});
    if (pids.length === 0) throw new Error(`${name} ended by itself, see its log in ${this.folder}`);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** On the same port, with the same data. Errors: where it is not ready after some minutes. */
  start(name) {
    return up(this.folder, enginesNamed([name]), SILENT);
  }

  stopAll() {
    return down(this.folder, ENGINES, SILENT);
  }
}

const enginesNamed = (names) => ENGINES.filter(({ name }) => names.includes(name));

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: it is gone.
    return false;
  }
}
