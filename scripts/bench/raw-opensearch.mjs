// What OpenSearch itself can take and answer: the ceiling. Plain HTTP with ready bodies, nothing else in the way.
import { HttpClient } from './http-client.mjs';
import { untilCounted } from './until-counted.mjs';

const PAGE = 5000;

/** The mapping that the first plan of OpsPilot wrote down: what somebody would begin with. */
const PLAIN_MAPPINGS = {
  properties: {
    project_id: { type: 'keyword' },
    timestamp: { type: 'date' },
    level: { type: 'keyword' },
    message: { type: 'text', analyzer: 'standard', fields: { keyword: { type: 'keyword' } } },
    service_name: { type: 'keyword' },
    context: { type: 'object' },
    trace_id: { type: 'keyword' },
    correlation_id: { type: 'keyword' },
  },
};
/** What is in a document only so that our mapping can search it. */
const OWN_FIELDS = ['words', 'context_terms', 'count_key'];

export class RawOpenSearch {
  constructor(url, connections) {
    this.url = url;
    this.connections = connections;
    this.client = new HttpClient(connections);
  }

  /** Answer as text. Errors: any status but 2xx. */
  async send(method, target, body = '', contentType = 'application/json') {
    const headers = { 'content-type': contentType };
    const { status, text } = await this.client.send(method, new URL(target, this.url), { headers, body });
    if (status < 300) return text;
    throw new Error(`${method} ${target} answered ${status}: ${text.slice(0, 500)}`);
  }

  async ask(method, target, body) {
    return JSON.parse(await this.send(method, target, body === undefined ? '' : JSON.stringify(body)));
  }

  /** How OpsPilot's own indices are made, for an index beside them. */
  async settingsLike(prefix) {
    const [index] = Object.values(await this.ask('GET', `/${prefix}-day-*`));
    const { number_of_shards, number_of_replicas, refresh_interval, merge_on_flush } = index.settings.index;
    return {
      settings: { index: { number_of_shards, number_of_replicas, refresh_interval, merge_on_flush } },
      mappings: index.mappings,
    };
  }

  /** With `more` settings of the index than somebody would begin with. */
  plainSettings(more = {}) {
    return {
      settings: { index: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '1s', ...more } },
      mappings: PLAIN_MAPPINGS,
    };
  }

  /** A project's documents of the indices: [{id, source}], `count` at most, in the order in which they came. OpsPilot puts them into another. */
  async readDocuments(indices, projectId, count) {
    const documents = [];
    let answer = await this.ask('POST', `/${indices}/_search?scroll=2m`, {
      size: PAGE,
      sort: ['_doc'],
      query: { term: { project_id: projectId } },
    });
    while (answer.hits.hits.length > 0 && documents.length < count) {
      for (const { _id, _source } of answer.hits.hits) documents.push({ id: _id, source: _source });
      answer = await this.ask('POST', '/_search/scroll', { scroll: '2m', scroll_id: answer._scroll_id });
    }
    await this.ask('DELETE', '/_search/scroll', { scroll_id: answer._scroll_id });
    return documents.slice(0, count).sort(byArrival);
  }

  /** Bodies of `_bulk`, ready to be sent. With ids a document is created at most once, as OpsPilot writes it. */
  bulkBodies(documents, batch, withIds) {
    const bodies = [];
    for (let at = 0; at < documents.length; at += batch) {
      const lines = documents.slice(at, at + batch).map(({ id, source }) => {
        const action = withIds ? { create: { _id: id } } : { index: {} };
        return `${JSON.stringify(action)}\n${JSON.stringify(source)}\n`;
      });
      bodies.push(Buffer.from(lines.join('')));
    }
    return bodies;
  }

  /** Sends all bodies to a new index and waits until everything is searchable: seconds. The index stays. */
  async fill(index, definition, bodies, count) {
    await this.ask('PUT', `/${index}`, definition);
    const startedAt = performance.now();
    let next = 0;
    const connection = async () => {
      while (next < bodies.length) {
        const text = await this.send(
          'POST',
          `/${index}/_bulk?filter_path=errors,items.*.error`,
          bodies[next++],
          'application/x-ndjson',
        );
        if (text.includes('"errors":true')) throw new Error(`_bulk refused documents: ${text.slice(0, 500)}`);
      }
    };
    const [searchableAt] = await Promise.all([
      this.untilSearchable(index, count),
      ...Array.from({ length: this.connections }, connection),
    ]);
    return (searchableAt - startedAt) / 1000;
  }

  /** Waits until the index has so many documents: when that was seen, as performance.now() tells it. */
  untilSearchable(index, count) {
    return untilCounted(
      `documents in ${index}`,
      count,
      async () => (await this.ask('GET', `/${index}/_count`)).count,
    );
  }

  remove(index) {
    return this.send('DELETE', `/${index}`);
  }

  /** Bytes on disk and documents of the indices, after everything is written down. */
  async size(indices) {
    await this.send('POST', `/${indices}/_flush`);
    const { _all } = await this.ask('GET', `/${indices}/_stats/store,docs`);
    return { bytes: _all.primaries.store.size_in_bytes, documents: _all.primaries.docs.count };
  }

  close() {
    this.client.close();
  }
}

function byArrival({ source: one }, { source: other }) {
  if (one.received_at !== other.received_at) return one.received_at < other.received_at ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

/** Documents as somebody would send them to a mapping without what ours adds. */
export function plainDocuments(documents) {
  return documents.map(({ id, source }) => {
    const plain = { ...source };
    for (const field of OWN_FIELDS) delete plain[field];
    return { id, source: plain };
  });
}
