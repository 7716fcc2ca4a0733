import type { OpsError } from '../../../core/src/common/errors';
import type { Logger } from '../../../observability/src/app-logger';
import { notOpenSearch, notSearched, toRefusal, toRefusalError, unavailable } from './engine-error';
import type { LogIndexNames } from './index-names';
import { isFields } from './is-fields';
import {
  compareTemplate,
  findsRecords,
  hasLogMappings,
  type IndexTemplate,
  logIndexTemplate,
} from './log-index-template';
import type { OpenSearchConnection } from './opensearch-connection';
import { readBlocks } from './read-blocks';

const NOT_FOUND = 404;
const BAD_REQUEST = 400;
const FORBIDDEN = 403;
const ALREADY_EXISTS = 'resource_already_exists_exception';
const MAX_KNOWN = 1000;
/**
 * How long an index is taken to be there without another look. One that is gone with its template, as where OpenSearch comes back on an
 * empty disk, would be made by the next write as OpenSearch likes. It takes longer to start than this, or writes fail meanwhile.
 */
const LOOK_AGAIN_MS = 10_000;
/** Of the index by which is seen what new ones would get. A template for some days alone is seen when one of these is made. */
const ANY_DAY = { timestampDay: 0, receivedDay: 0 };

/** The template of the log indices, and the indices themselves: made before the first record of each. */
export class LogIndices {
  private readonly template: IndexTemplate;
  private readonly templateName: string;
  /** When each was seen to be there, by the clock of performance.now(). */
  private readonly known = new Map<string, number>();

  constructor(
    private readonly connection: OpenSearchConnection,
    readonly names: LogIndexNames,
    private readonly log: Logger,
  ) {
    this.templateName = names.prefix;
    this.template = logIndexTemplate(names.patterns);
  }

  /**
   * Puts the template in its place, also where somebody changed it. A newer one, of another release of OpsPilot, stays, and is told.
   * Errors: OpsError `unavailable` that says what to do.
   */
  async ensureTemplate(): Promise<'ours' | 'newer'> {
    const path = `/_index_template/${this.templateName}`;
    const answer = await this.connection.send({ method: 'GET', path, expected: [NOT_FOUND] });
    const stored = answer.status === NOT_FOUND ? undefined : storedTemplate(answer.body);
    const state = compareTemplate(stored, this.template);
    if (state === 'newer') return 'newer';
    if (state === 'same') return 'ours';
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
    return 'ours';
  }

  /**
   * Makes those of these indices that are not there. One that is there as ours are takes records whatever became of the template, so
   * that only others need it. Errors: OpsError `unavailable` that says what keeps one from being made, or from being searched.
   */
  async ensureIndices(names: readonly string[]): Promise<void> {
    const unsure: { readonly name: string; readonly isThere: boolean }[] = [];
    for (const name of names.filter((one) => !this.isKnown(one))) {
      const found = await this.lookFor(name);
      if (found === 'ours') this.remember(name);
      else unsure.push({ name, isThere: found === 'other' });
    }
    if (unsure.length === 0) return;
    const template = await this.ensureTemplate();
    for (const { name, isThere } of unsure) {
      await this.expectMappings(name, template);
      if (!isThere) await this.createIndex(name);
      this.remember(name);
    }
  }

  /**
   * Puts the template right where somebody changed it. Errors: OpsError `unavailable` where an index, or the whole cluster,
   * takes no records or makes no index, no question finds what an index has, or another template would make the next index, before a
   * record runs into it.
   */
  async check(): Promise<void> {
    const [block] = await readBlocks(this.connection, this.names);
    if (block !== undefined) throw block;
    const template = await this.ensureTemplate();
    await this.expectMappings(this.names.of(ANY_DAY), template, 'new indices');
  }

  /** For indices that may have been deleted: the next record makes them anew. */
  forget(...names: readonly string[]): void {
    for (const name of names) this.known.delete(name);
  }

  private remember(name: string): void {
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(name, performance.now());
  }

  private isKnown(name: string): boolean {
    const seenAtMs = this.known.get(name);
    return seenAtMs !== undefined && performance.now() - seenAtMs < LOOK_AGAIN_MS;
  }

  /**
   * Whether there is an index, and whether it has the mappings that ours have. Errors: OpsError `unavailable` also for one in which no
   * question would find a record.
   */
  private async lookFor(name: string): Promise<'absent' | 'ours' | 'other'> {
    const { status, body } = await this.connection.send({
      method: 'GET',
      path: `/${name}/_mapping`,
      // Else the cluster manager is asked: while that hangs, nothing could be written to indices that are there.
      query: { local: true },
      expected: [NOT_FOUND],
    });
    if (status === NOT_FOUND) return 'absent';
    // By the name of the index, which is another where this one is an alias.
    const found = Object.values(body);
    if (found.length === 0 || !found.every(hasMappings)) throw notOpenSearch();
    if (found.every(hasLogMappings)) return 'ours';
    if (!found.every(({ mappings }) => findsRecords(mappings))) throw notSearched(name);
    return 'other';
  }

  private async createIndex(name: string): Promise<void> {
    const path = `/${name}`;
    const answer = await this.connection.send({
      method: 'PUT',
      path,
      // It is made at once, and then waited for by whoever writes: where no shard is given a node, that is to be told.
      query: { wait_for_active_shards: 0 },
      expected: [BAD_REQUEST, FORBIDDEN],
    });
    if (answer.status !== BAD_REQUEST && answer.status !== FORBIDDEN) return;
    const refusal = toRefusal(answer.status, errorOf(answer.body));
    // Another worker was quicker.
    if (refusal.type === ALREADY_EXISTS) return;
    throw toRefusalError(refusal);
  }

  /**
   * A template of somebody else, with a higher priority, takes the place of ours, or that of a newer release is there, which may come from
   * an upgrade that was taken back. What it makes could not be searched.
   */
  private async expectMappings(
    name: string,
    template: 'ours' | 'newer',
    what = `the index ${name}`,
  ): Promise<void> {
    const path = `/_index_template/_simulate_index/${name}`;
    const { status, body } = await this.connection.send({ method: 'POST', path, expected: [BAD_REQUEST] });
    // Such as more active copies than one as a number: it looks as if the index had no replicas.
    if (status === BAD_REQUEST)
      throw unavailable(
        `OpenSearch refuses what another index template has for ${what}: correct it (${toRefusal(status, errorOf(body)).reason})`,
      );
    if (hasLogMappings((body as { readonly template?: unknown }).template)) return;
    if (template === 'newer')
      throw unavailable(
        `a newer version of OpsPilot has put its index template ${this.templateName} in place for ${what}: start that version, or, to stay with this one, delete the template (DELETE /_index_template/${this.templateName})`,
      );
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

function hasMappings(index: unknown): index is { readonly mappings: object } {
  return isFields(index) && isFields(index['mappings']);
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
