import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { opspilotOutput } from './opspilot-cli';
import { type ENGINE_VARIABLES, takeProductionEngines } from './production-engines';
import { type Role, type RoleProcess, startRole } from './start-role';
import { createNamespace, deleteSchedules } from './temporal-namespace';
import { waitFor } from './wait-for';

interface HealthAnswer {
  readonly status: string;
  readonly checks: readonly { readonly name: string; readonly status: string; readonly reason?: string }[];
}

interface Hits {
  readonly hits: { readonly hits: readonly { readonly _source: { readonly message: string } }[] };
}

const READY_TIMEOUT_MS = 90_000;
const MAX_HITS = 10_000;
const SHARDS_NOT_STARTED = 503;

/** Roles of production mode on engines that a test breaks, and what people would look at meanwhile. */
export class FaultySystem {
  private readonly roles = new Map<Role, RoleProcess>();
  private readonly undo: (() => Promise<unknown>)[] = [];
  private environment: Readonly<Record<string, string>> = {};
  private apiKey = '';

  /**
   * Makes the schema and a project. Roles are started by `start`.
   * @param own engines that the test started itself
   */
  static async create(
    own: Partial<Readonly<Record<keyof typeof ENGINE_VARIABLES, string>>>,
    changes: (environment: Readonly<Record<string, string>>) => Promise<Readonly<Record<string, string>>>,
  ): Promise<FaultySystem> {
    const system = new FaultySystem();
    const home = await mkdtemp(path.join(os.tmpdir(), 'opspilot-faults-'));
    system.undo.push(() => rm(home, { recursive: true, force: true }));
    const engines = await takeProductionEngines(own);
    system.undo.push(() => engines.remove());
    const temporal = {
      TEMPORAL_ADDRESS: process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '',
      TEMPORAL_NAMESPACE: `e2e-${randomUUID()}`,
    };
    await createNamespace(temporal.TEMPORAL_ADDRESS, temporal.TEMPORAL_NAMESPACE);
    system.undo.push(() => deleteSchedules(temporal.TEMPORAL_ADDRESS, temporal.TEMPORAL_NAMESPACE));
    system.environment = {
      ...engines.environment,
      ...temporal,
      OPSPILOT_HOME: home,
      ...(await changes(engines.environment)),
    };
    await opspilotOutput(home, ['migrate'], system.environment);
    const made = await opspilotOutput(home, ['create-project', 'faults'], system.environment);
    system.apiKey = (JSON.parse(made) as { readonly api_key: string }).api_key;
    return system;
  }

  get prefix(): string {
    return this.environment['LOG_STORE_INDEX_PREFIX'] ?? '';
  }

  get queuePrefix(): string {
    return this.environment['QUEUE_NAME_PREFIX'] ?? '';
  }

  /** Resolves when they listen, which they do also where an engine is broken. */
  async start(...names: readonly Role[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => void this.roles.set(name, await startRole(name, this.environment))),
    );
  }

  async allReady(): Promise<void> {
    for (const [name, role] of this.roles)
      await waitFor(
        `${name} to be ready`,
        async () => ((await fetch(new URL('/ready', role.url))).ok ? true : undefined),
        { deadlineMs: READY_TIMEOUT_MS, everyMs: 200 },
      );
  }

  ask(role: Role, route: string, init: RequestInit = {}): Promise<Response> {
    const headers = { 'x-api-key': this.apiKey, 'content-type': 'application/json' };
    return fetch(new URL(route, this.of(role).url), { headers, ...init });
  }

  send(messages: readonly string[], fields: object = {}): Promise<Response> {
    const logs = messages.map((message) => ({ message, level: 'INFO', service: 'faults', ...fields }));
    return this.ask('ingest', '/api/ingest/logs', { method: 'POST', body: JSON.stringify({ logs }) });
  }

  /** Sends it until it is accepted. */
  async deliver(message: string): Promise<void> {
    await waitFor(`"${message}" to be accepted`, async () =>
      (await this.send([message])).status === 202 ? true : undefined,
    );
  }

  /** Why a check of the role fails; undefined where it does not. */
  async reasonOf(role: Role, check: string): Promise<string | undefined> {
    const health = (await (await this.ask(role, '/health')).json()) as HealthAnswer;
    const found = health.checks.find(({ name, status }) => name === check && status === 'down');
    if (found !== undefined && health.status !== 'degraded')
      throw new Error(`${check} is down, and all is ok`);
    return found?.reason;
  }

  /** Waits until a check of the role fails for such a reason. */
  async failing(role: Role, check: string, reason: RegExp): Promise<void> {
    let last: string | undefined;
    await waitFor(`${check} of ${role} to fail for ${String(reason)}`, async () => {
      last = await this.reasonOf(role, check);
      return last !== undefined && reason.test(last) ? true : undefined;
    }).catch((error: Error) => {
      throw new Error(`${error.message}, but: ${last ?? 'it is up'}\n${this.of(role).output().slice(-3000)}`);
    });
  }

  async healthy(role: Role, check: string): Promise<void> {
    await waitFor(
      `${check} of ${role} to succeed`,
      async () => ((await this.reasonOf(role, check)) === undefined ? true : undefined),
      { deadlineMs: READY_TIMEOUT_MS, everyMs: 200 },
    );
  }

  /** The value of a metric whose labels contain this text, such as `state="blocked"`; undefined where it is not shown. */
  async metric(role: Role, name: string, labels = ''): Promise<number | undefined> {
    const text = await (await this.ask(role, '/metrics')).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && one.includes(labels));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
  }

  /** Waits until the metric has the value: what is asked after another is of another moment. */
  async shows(role: Role, name: string, value: number, labels = ''): Promise<void> {
    let last: number | undefined;
    await waitFor(`${name} ${labels} of ${role} to be ${value}`, async () => {
      last = await this.metric(role, name, labels);
      return last === value ? true : undefined;
    }).catch((error: Error) => {
      throw new Error(`${error.message}, but: ${last ?? 'it is not shown'}`);
    });
  }

  /** As `told`, once there is a line: a process may answer before it has told what it met. */
  async toldAtLast(role: Role, words: RegExp): Promise<readonly string[]> {
    return waitFor(`${role} to tell ${String(words)}`, () => {
      const lines = this.told(role, words);
      return lines.length > 0 ? lines : undefined;
    });
  }

  /** Log lines of the role that say so. */
  told(role: Role, words: RegExp): readonly string[] {
    const lines = this.of(role).output().split('\n');
    return lines.filter((line) => /"level":"(warn|error)"/.test(line) && words.test(line));
  }

  /** Waits until as many are stored, and shows all that is, sorted; a message that is stored twice is there twice. */
  async storedWhenAllAre(count: number): Promise<readonly string[]> {
    return waitFor(
      `${count} records to be stored`,
      async () => {
        const found = await this.stored();
        return found !== undefined && found.length >= count ? found : undefined;
      },
      { deadlineMs: READY_TIMEOUT_MS, everyMs: 250 },
    );
  }

  /** Asks OpenSearch itself, which searches nothing while the shard of a new index starts: undefined then. */
  private async stored(): Promise<readonly string[] | undefined> {
    const url = `${this.environment['LOG_STORE_URL'] ?? ''}/${this.prefix}-*`;
    await fetch(`${url}/_refresh`, { method: 'POST' });
    const answer = await fetch(`${url}/_search?size=${MAX_HITS}&_source=message`);
    if (answer.status === SHARDS_NOT_STARTED) return undefined;
    if (!answer.ok) throw new Error(`OpenSearch answered ${answer.status}: ${await answer.text()}`);
    const { hits } = ((await answer.json()) as Hits).hits;
    return hits.map(({ _source }) => _source.message).sort();
  }

  async stop(role: Role): Promise<number | null> {
    return this.of(role).stop();
  }

  async end(): Promise<void> {
    await Promise.all([...this.roles.values()].map((role) => role.stop()));
    for (let step = this.undo.pop(); step !== undefined; step = this.undo.pop()) await step();
  }

  private of(name: Role): RoleProcess {
    const role = this.roles.get(name);
    if (role === undefined) throw new Error(`${name} does not run`);
    return role;
  }
}
