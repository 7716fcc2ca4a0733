import { createHash } from 'node:crypto';
import { isFields } from './is-fields';

/** Raised with every change to what is below: a newer one replaces an older one, never the other way round. */
const VERSION = 4;
/** A page of 1,000 behind the largest offset, and the record that tells whether there is a next page. */
export const MAX_RESULT_WINDOW = 11_001;
/** Above templates that operators may have for everything. */
const PRIORITY = 200;

const keyword = { type: 'keyword' };
/** Asked for by equality only: no values by document are needed. */
const term = { type: 'keyword', doc_values: false };
const instant = { type: 'date', format: 'rfc3339_lenient' };

/**
 * How a log record is indexed. Measured choices, in docs/opensearch-mapping.md: `message` and `context` are only kept;
 * what is searched are the `words` and `context_terms` that are written beside them.
 */
const mappings = {
  dynamic: false,
  properties: {
    id: { type: 'keyword', index: false },
    project_id: keyword,
    timestamp: instant,
    received_at: instant,
    level: keyword,
    service_name: keyword,
    count_key: { type: 'long' },
    words: { type: 'text', analyzer: 'whitespace', norms: false },
    context_terms: { type: 'keyword', doc_values: false, ignore_above: 1024 },
    trace_id: keyword,
    correlation_id: term,
    fingerprint: keyword,
  },
};

/**
 * What OpenSearch reads piece by piece by itself, but for `fdt` and `fdx`, which hold the records: mapped into memory as the others are,
 * 50 of them come in 0.6 instead of 0.9 ms (measured).
 */
const READ_BY_PIECES = [
  ...['segments_N', 'write.lock', 'si', 'cfe', 'fnm', 'pos', 'pay'],
  ...['nvm', 'dvm', 'tvx', 'tvd', 'liv', 'dii', 'vem'],
];

const settings = {
  index: {
    number_of_shards: '1',
    auto_expand_replicas: '0-1',
    refresh_interval: '1s',
    // Refreshing waits for merges; by itself for up to ten seconds, in which searches find nothing new (measured: four at full load).
    merge_on_flush: { max_full_flush_merge_wait_time: '100ms' },
    max_result_window: String(MAX_RESULT_WINDOW),
    store: { hybrid: { nio: { extensions: READ_BY_PIECES } } },
  },
};

export interface IndexTemplate {
  readonly index_patterns: readonly string[];
  readonly composed_of: readonly string[];
  readonly priority: number;
  readonly version: number;
  readonly template: { readonly settings: object; readonly mappings: object };
  readonly _meta: { readonly description: string };
}

export function logIndexTemplate(indexPatterns: readonly string[]): IndexTemplate {
  return {
    index_patterns: indexPatterns,
    composed_of: [],
    priority: PRIORITY,
    version: VERSION,
    template: { settings, mappings },
    _meta: { description: 'log records of OpsPilot; OpsPilot puts it back where it was changed' },
  };
}

/** What became of the template that is there. */
export type TemplateState = 'absent' | 'same' | 'older' | 'newer' | 'changed';

/** Compares by content, not by a mark in it: whoever changes a template by hand leaves marks as they are. */
export function compareTemplate(stored: unknown, wanted: IndexTemplate): TemplateState {
  if (stored === undefined) return 'absent';
  const version = isFields(stored) && typeof stored['version'] === 'number' ? stored['version'] : 0;
  if (version > wanted.version) return 'newer';
  if (version < wanted.version) return 'older';
  return digestOf(stored) === digestOf(wanted) ? 'same' : 'changed';
}

/** Whether an index made with these settings and mappings would be searched as OpsPilot does; settings may differ. */
export function hasLogMappings(resolved: unknown): boolean {
  const found = isFields(resolved) ? resolved['mappings'] : undefined;
  return canonical(found) === canonical(mappings);
}

/**
 * Whether questions find records in an index with these mappings. Those that OpenSearch makes by itself for an index that no template
 * is there for have texts instead of keywords: no project would ever be found.
 */
export function findsRecords(found: unknown): boolean {
  const fields = isFields(found) ? found['properties'] : undefined;
  const typeOf = (name: string) => {
    const field = isFields(fields) ? fields[name] : undefined;
    return isFields(field) ? field['type'] : undefined;
  };
  return typeOf('project_id') === keyword.type && typeOf('timestamp') === instant.type;
}

/** OpenSearch gives a template back with its keys in another order, and scalars in settings as text. */
function digestOf(template: unknown): string {
  return createHash('sha256').update(canonical(template)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isFields(value)) return JSON.stringify(typeof value === 'boolean' ? String(value) : value) ?? 'null';
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}
