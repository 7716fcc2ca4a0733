import type { OpsError } from '../../../core/src/common/errors';
import type { Logger } from '../../../observability/src/app-logger';
import { type EngineRefusal, notOpenSearch, toRefusal, toRefusalError, unavailable } from './engine-error';
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

  /** Makes those of these indices that are not there. */
  async ensureIndices(names: readonly string[]): Promise<void> {
    const missing = names.filter((name) => !this.known.has(name));
    if (missing.length === 0) return;
    await this.ensureTemplate();
    for (const name of missing) {
      await this.createIndex(name);
      if (this.known.size >= MAX_KNOWN) this.known.clear();
      this.known.add(name);
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

  private async createIndex(name: string): Promise<void> {
    await this.expectMappings(name);
    const path = `/${name}`;
    const answer = await this.connection.send({ method: 'PUT', path, expected: [BAD_REQUEST, FORBIDDEN] });
    if (answer.status !== BAD_REQUEST && answer.status !== FORBIDDEN) return;
    const refusal = toRefusal(answer.status, errorOf(answer.body));
    if (refusal.type === ALREADY_EXISTS) return;
    // Where no index may be made, OpenSearch does not look whether there is one already, which takes records all the same.
    if (refusal.type === NONE_MAY_BE_MADE && (await this.exists(path))) return;
    throw toRefusalError(refusal);
  }

  private async exists(path: string): Promise<boolean> {
    const request = { method: 'GET', path: `${path}/_settings`, expected: [NOT_FOUND] } as const;
    return (await this.connection.send(request)).status !== NOT_FOUND;
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
