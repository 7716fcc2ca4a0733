import type { LiveFilter } from './live-feed.port';
import type { LiveRecord } from './live-record';
import { lowerCaseOf, parseSearch } from './parse-search';

const WORD = /[\p{L}\p{N}]+/gu;

/** The filter as a predicate; what its `search` asks for is prepared once. Agrees with what the stores answer for a LogFilter. */
export function liveRecordMatcher(filter: LiveFilter): (record: LiveRecord) => boolean {
  const { levels, serviceName, traceId, correlationId, fingerprint } = filter;
  const phrases = parseSearch(filter.search ?? '').map(wordsInARow);
  return (record) =>
    (levels === undefined || levels.includes(record.level)) &&
    (serviceName === undefined || record.serviceName === serviceName) &&
    (traceId === undefined || record.traceId === traceId) &&
    (correlationId === undefined || record.correlationId === correlationId) &&
    (fingerprint === undefined || record.fingerprint === fingerprint) &&
    (phrases.length === 0 || hasAll(wordsInARow(record.message), phrases));
}

function hasAll(words: string, phrases: readonly string[]): boolean {
  return phrases.every((phrase) => words.includes(phrase));
}

/** Each word between spaces, so that a phrase is found only as whole words. */
function wordsInARow(text: string): string {
  return ` ${(text.match(WORD) ?? []).map(lowerCaseOf).join(' ')} `;
}
