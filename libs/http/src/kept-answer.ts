import { createHash } from 'node:crypto';
import { type InstantExpression, parseInstant } from '../../contracts/src/common.contract';

/** An answer in the query cache. */
export interface KeptAnswer {
  /** By the clock of whoever asked. */
  readonly askedAtMs: number;
  /** For how long after that it may be shown without asking again. */
  readonly freshMs: number;
  /** Since when every asking has given it. */
  readonly unchangedSinceMs: number;
  /** JSON, as it was sent. */
  readonly body: string;
}

export interface CacheableQuestion {
  /** The same for the same question. A hash: what people search for stays out of the cache's keys. */
  readonly key: string;
  /** When its range ends; undefined where that moves with the time of asking. */
  readonly endMs: number | undefined;
}

/** The route and its parameters as a question; undefined where the parameters are not such as its contract takes. */
export function toCacheableQuestion(
  route: string,
  parameters: Readonly<Record<string, unknown>>,
): CacheableQuestion | undefined {
  const entries: [string, string][] = [];
  for (const name of Object.keys(parameters).sort()) {
    const value = parameters[name];
    if (typeof value !== 'string') return undefined;
    entries.push([name, value]);
  }
  const start = instantOf(parameters['start_time']);
  const end = instantOf(parameters['end_time']);
  if (start === 'unreadable' || end === 'unreadable') return undefined;
  const moves = end === undefined || !('atMs' in end) || (start !== undefined && !('atMs' in start));
  const hash = createHash('sha256').update(JSON.stringify([route, entries]));
  return { key: hash.digest('base64url'), endMs: moves ? undefined : end.atMs };
}

function instantOf(written: unknown): InstantExpression | 'unreadable' | undefined {
  if (written === undefined) return undefined;
  return parseInstant(String(written)) ?? 'unreadable';
}

/** Not where it was asked for only later, as far as this clock knows: that was set back, or is behind another process's. */
export function isFresh({ askedAtMs, freshMs }: KeptAnswer, nowMs: number): boolean {
  return nowMs >= askedAtMs && nowMs - askedAtMs < freshMs;
}

export function encodeKeptAnswer({ askedAtMs, freshMs, unchangedSinceMs, body }: KeptAnswer): string {
  return `${askedAtMs} ${freshMs} ${unchangedSinceMs}\n${body}`;
}

/** Undefined for what encodeKeptAnswer did not make: another release may have. */
export function decodeKeptAnswer(text = ''): KeptAnswer | undefined {
  const head = /^(\d{1,16}) (\d{1,16}) (\d{1,16})\n/.exec(text);
  if (head === null) return undefined;
  return {
    askedAtMs: Number(head[1]),
    freshMs: Number(head[2]),
    unchangedSinceMs: Number(head[3]),
    body: text.slice(head[0].length),
  };
}
