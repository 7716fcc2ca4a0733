import { asId, type LogId } from '../../../core/src/common/ids';
import { LOG_ID_LENGTH } from './document-id';
import type { LogHits } from './log-documents';
import { parseJson } from './parse-answer';
import { toSearchAnswer } from './search-indices';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

const HITS_KEY = Buffer.from(',"hits":[');
const END = ']}}';
const SOURCE_KEY = Buffer.from('"_source":');
const ID_KEY = Buffer.from('{"id":"');
const SORT_KEY = Buffer.from(',"sort":[');
const SORT_END = Buffer.from(']}');
/** As bulk-body.ts writes them. */
const WORDS_KEY = Buffer.from(',"words":"');
const TERMS_KEY = Buffer.from('","context_terms":[');
const ADDED_FIELDS = ['words', 'context_terms', 'count_key'];

/** A record as it was written (a canonical line, log-batch.message.ts), and its place in the order of records. */
export interface LineHit {
  readonly id: LogId;
  readonly ms: number;
  /** Without a newline. */
  readonly line: Buffer;
}

export interface LineHits {
  /** 0 where it was not asked for. */
  readonly total: number;
  readonly hits: readonly LineHit[];
}

type Head = Pick<LogHits['hits'], 'total'>;
type ParsedHits = {
  readonly hits: Head & {
    readonly hits: readonly (LogHits['hits']['hits'][number] & { readonly sort: readonly [number] })[];
  };
};

/**
 * The records of an answer to a search that sorts by timestamp first. They are cut out of it: parsing 50 of them and writing them again costs
 * more than all else that is done for a search (measured: 0.4 of 1.1 ms). Documents that bulk-body.ts did not write are parsed.
 * The answer's bytes are written to. Errors: OpsError `unavailable` for what is no answer to a search.
 */
export function toLineHits(answer: Buffer): LineHits {
  return cutHits(answer) ?? parseHits(answer);
}

/**
 * Undefined where anything is not as expected. What is looked for cannot be within a text, where quotes are escaped; nor in a
 * context, whose values are neither lists nor objects, but for `words`, which is a text there and therefore has no terms behind it.
 */
function cutHits(bytes: Buffer): LineHits | undefined {
  const listAt = bytes.indexOf(HITS_KEY);
  if (listAt === -1 || bytes.includes(NEWLINE)) return undefined;
  const ends: (readonly [idAt: number, end: number, ms: number])[] = [];
  let at = listAt + HITS_KEY.length;
  while (bytes[at] === OPEN) {
    const startsAt = bytes.indexOf(SOURCE_KEY, at) + SOURCE_KEY.length;
    const idAt = startsAt + ID_KEY.length;
    if (!isAt(bytes, startsAt, ID_KEY) || bytes[idAt + LOG_ID_LENGTH] !== QUOTE) return undefined;
    const sortAt = bytes.indexOf(SORT_KEY, idAt);
    const end = endOfLine(bytes, idAt);
    if (sortAt === -1 || end === undefined || end > sortAt) return undefined;
    const closesAt = bytes.indexOf(SORT_END, sortAt);
    const ms = Number.parseInt(bytes.toString('latin1', sortAt + SORT_KEY.length, closesAt), 10);
    if (closesAt === -1 || !Number.isSafeInteger(ms)) return undefined;
    ends.push([idAt, end, ms]);
    at = closesAt + SORT_END.length;
    if (bytes[at] === COMMA) at += 1;
  }
  if (bytes.toString('latin1', at) !== END) return undefined;
  const { hits } = toSearchAnswer<{ readonly hits: Head }>(
    parseJson(Buffer.concat([bytes.subarray(0, listAt + HITS_KEY.length), Buffer.from(END)])),
  );
  return { total: hits.total?.value ?? 0, hits: ends.map(([idAt, end, ms]) => cut(bytes, idAt, end, ms)) };
}

function cut(bytes: Buffer, idAt: number, end: number, ms: number): LineHit {
  bytes[end] = CLOSE;
  return {
    id: asId<LogId>(bytes.toString('latin1', idAt, idAt + LOG_ID_LENGTH)),
    ms,
    line: bytes.subarray(idAt - ID_KEY.length, end + 1),
  };
}

/** Where what was added to the line begins. */
function endOfLine(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(WORDS_KEY, from); at !== -1; at = bytes.indexOf(WORDS_KEY, at + 1)) {
    const closesAt = bytes.indexOf(QUOTE, at + WORDS_KEY.length);
    if (closesAt !== -1 && isAt(bytes, closesAt, TERMS_KEY)) return at;
  }
  return undefined;
}

function isAt(bytes: Buffer, at: number, expected: Buffer): boolean {
  return bytes.compare(expected, 0, expected.length, at, Math.min(at + expected.length, bytes.length)) === 0;
}

function parseHits(answer: Buffer): LineHits {
  const { hits } = toSearchAnswer<ParsedHits>(parseJson(answer));
  return {
    total: hits.total?.value ?? 0,
    hits: hits.hits.map(({ _source, sort: [ms] }) => {
      const line: Record<string, unknown> = { ..._source };
      for (const name of ADDED_FIELDS) delete line[name];
      return { id: asId<LogId>(_source.id), ms, line: Buffer.from(JSON.stringify(line)) };
    }),
  };
}
