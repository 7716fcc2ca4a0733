import type { OpsError } from '../../../core/src/common/errors';
import type { Logger } from '../../../observability/src/app-logger';
import {
  type EngineRefusal,
  isFields,
  notOpenSearch,
  toRefusal,
  toRefusalError,
  unavailable,
} from './engine-error';
import type { LogIndexNames } from './index-names';
import { compareTemplate, hasLogMappings, type IndexTemplate, logIndexTemplate } from './log-index-template';
import { CHECK_TIMEOUT_MS, type OpenSearchConnection } from './opensearch-connection';

const NOT_FOUND = 404;
const BAD_REQUEST = 400;
const FORBIDDEN = 403;
const ALREADY_EXISTS = 'resource_already_exists_exception';
const NONE_MAY_BE_MADE = 'index_create_block_exception';
const MAX_KNOWN = 1000;
/** Blocks that keep records out, with what makes engine-error.ts tell a full disk from a person's doing. */
const BLOCKS = [
  ['index.blocks.read_only_allow_delete', 'read-only-allow-delete'],
  ['index.blocks.read_only', 'read_only'],
  ['index.blocks.write', 'write'],
] as const;
/** Of the index by which is seen what new ones would get. A template for some days alone is seen when one of these is made. */
const ANY_DAY = { timestampDay: 0, receivedDay: 0 };
const NO_NEW_INDEX = 'cluster.blocks.create_index';

type Settings = Readonly<Record<string, string>>;
type BlockSettings = Readonly<Record<string, { readonly settings?: Settings }>>;

/** The template of the log indices, and the indices themselves: made before the first record of each. */
export class LogIndices {
  private readonly template: IndexTemplate;
  private readonly templateName: string;
  private readonly known = new Set<string>();

  constructor(
    private readonly connection: OpenSearchConnection,
    readonly names: LogIndexNames,
    private readonly log: Logger,
  ) {
    this.templateName = names.prefix;
    this.template = logIndexTemplate(names.patterns);
  }

  /**
   * Puts the template in its place, also where somebody changed it. A newer one, of another release of OpsPilot, stays.
   * Errors: OpsError `unavailable` that says what to do.
   */
  async ensureTemplate(): Promise<void> {
    const path = `/_index_template/${this.templateName}`;
    const answer = await this.connection.send({ method: 'GET', path, expected: [NOT_FOUND] });
    const stored = answer.status === NOT_FOUND ? undefined : storedTemplate(answer.body);
    const state = compareTemplate(stored, this.template);
    if (state === 'same' || state === 'newer') return;
    const put = await this.connection.send({
      method: 'PUT',
      path,
      body: this.template,
      expected: [BAD_REQUEST],
    });
    if (put.status === BAD_REQUEST) throw this.templateRefused(put.body);
    const fields = { template: this.templateName };
    if (state === 'changed')
      this.log.warn(
        fields,
        'the index template of the log store was changed by hand and has been put right; indices made meanwhile keep what they have',
      );
    else this.log.info(fields, 'index template of the log store put in place');
  }

  /**
   * Makes those of these indices that are not there. One that is there as ours are takes records whatever became of the template, so
   * that only others need it. Errors: OpsError `unavailable` that says what keeps one from being made.
   */
  async ensureIndices(names: readonly string[]): Promise<void> {
    const unsure: { readonly name: string; readonly isThere: boolean }[] = [];
    for (const name of names.filter((one) => !this.known.has(one))) {
      const found = await this.lookFor(name);
      if (found === 'ours') this.remember(name);
      else unsure.push({ name, isThere: found === 'other' });
    }
    if (unsure.length === 0) return;
    await this.ensureTemplate();
    for (const { name, isThere } of unsure) {
      await this.expectMappings(name);
      if (!isThere) await this.createIndex(name);
      this.remember(name);
    }
  }

  /**
   * Puts the template right where somebody changed it. Errors: OpsError `unavailable` where an index, or the whole cluster,
   * takes no records or makes no index, or another template would make the next index, before a record runs into it.
   */
  async check(): Promise<void> {
    const [block] = await this.blocks();
    if (block !== undefined) throw toRefusalError({ status: 403, ...block });
    await this.ensureTemplate();
    await this.expectMappings(this.names.of(ANY_DAY), 'new indices');
  }

  /** What keeps records out: one for each index that takes none, and one for a cluster that makes no index. */
  async blocks(): Promise<readonly Pick<EngineRefusal, 'type' | 'reason'>[]> {
    const [indices, cluster] = await Promise.all([
      this.connection.send({
        method: 'GET',
        path: `/${this.names.patterns.join(',')}/_settings/index.blocks.*`,
        query: { flat_settings: true, ignore_unavailable: true },
        timeoutMs: CHECK_TIMEOUT_MS,
      }),
      this.connection.send({
        method: 'GET',
        path: '/_cluster/settings',
        query: { flat_settings: true },
        timeoutMs: CHECK_TIMEOUT_MS,
      }),
    ]);
    const { persistent, transient } = cluster.body as Partial<
      Readonly<Record<'persistent' | 'transient', Settings>>
    >;
    if (persistent === undefined) throw notOpenSearch();
    const ofIndices = Object.entries(indices.body as BlockSettings).flatMap(([name, { settings }]) => {
      const block = BLOCKS.find(([setting]) => settings?.[setting] === 'true');
      return block === undefined ? [] : [{ type: 'cluster_block_exception', reason: `${name}: ${block[1]}` }];
    });
    const makesNone = { ...persistent, ...transient }[NO_NEW_INDEX] === 'true';
    return [...ofIndices, ...(makesNone ? [{ type: NONE_MAY_BE_MADE, reason: '' }] : [])];
  }

  /** For indices that may have been deleted: the next record makes them anew. */
  forget(...names: readonly string[]): void {
    for (const name of names) this.known.delete(name);
  }

  private remember(name: string): void {
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.add(name);
  }

  /** Whether there is an index, and whether it has the mappings that ours have. */
  private async lookFor(name: string): Promise<'absent' | 'ours' | 'other'> {
    const request = { method: 'GET', path: `/${name}/_mapping`, expected: [NOT_FOUND] } as const;
    const { status, body } = await this.connection.send(request);
    if (status === NOT_FOUND) return 'absent';
    // By the name of the index, which is another where this one is an alias.
    if (!isFields(body) || Object.keys(body).length === 0) throw notOpenSearch();
    return Object.values(body).every(hasLogMappings) ? 'ours' : 'other';
  }

  private async createIndex(name: string): Promise<void> {
    const path = `/${name}`;
    const answer = await this.connection.send({ method: 'PUT', path, expected: [BAD_REQUEST, FORBIDDEN] });
    if (answer.status !== BAD_REQUEST && answer.status !== FORBIDDEN) return;
    const refusal = toRefusal(answer.status, errorOf(answer.body));
    // Another worker was quicker.
    if (refusal.type === ALREADY_EXISTS) return;
    throw toRefusalError(refusal);
  }

  /** A template of somebody else, with a higher priority, takes the place of ours; what it makes could not be searched. */
  private async expectMappings(name: string, what = `the index ${name}`): Promise<void> {
    const path = `/_index_template/_simulate_index/${name}`;
    const { body } = await this.connection.send({ method: 'POST', path });
    if (hasLogMappings((body as { readonly template?: unknown }).template)) return;
    throw unavailable(
      `another index template takes the place of ${this.templateName} for ${what}: remove it, lower its priority, or leave mappings out of it`,
    );
  }

  /** Another template of the same priority and patterns is the one reason left. */
  private templateRefused(body: unknown): OpsError {
    const { reason } = toRefusal(BAD_REQUEST, errorOf(body));
    return unavailable(
      `OpenSearch refuses the index template ${this.templateName}: remove what is in its way, or set LOG_STORE_INDEX_PREFIX to a free name (${reason})`,
    );
  }
}

function storedTemplate(body: unknown): unknown {
  const { index_templates: found } = body as {
    readonly index_templates?: readonly { readonly index_template: unknown }[];
  };
  if (found === undefined) throw notOpenSearch();
  return found[0]?.index_template;
}

function errorOf(body: unknown): unknown {
  return (body as { readonly error?: unknown }).error;
}
