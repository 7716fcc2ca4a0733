import { cleanText, cutToLength } from '../common/clean-text';
import { type ChangeEventId, asId } from '../common/ids';
import { toIso } from '../common/time-range';
import { ContextDraft } from '../logs/flatten-context';
import { encodeLogIdAt } from '../logs/log-id';
import { withoutOpenEnd } from '../logs/redact';
import { CHANGE_EVENT_KINDS, type ChangeEvent, type ChangeEventKind } from './change-event';
import type { NormaliseContext, Normalised } from './normalised';
import { readServiceName } from './read-service-name';
import { resolveTimestamp } from './resolve-timestamp';

const MAX_TITLE_LENGTH = 1000;
const MAX_VERSION_LENGTH = 200;
const MAX_LINK_LENGTH = 2000;

type Fields = Readonly<Record<string, unknown>>;

const KINDS = new Set<string>(CHANGE_EVENT_KINDS);

/**
 * Any JSON value to a canonical change event, or why it is none. Never throws; whatever it changes is noted. Its id has
 * the form of a log id, so events sort by time and a retried request makes the same ones.
 */
export function toChangeEvent(input: unknown, context: NormaliseContext): Normalised<ChangeEvent> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { ok: false, reason: 'must be an object' };
  const fields = input as Fields;
  const notes: string[] = [];
  const draft = new ContextDraft({ maxFields: context.limits.maxContextFields });

  const title = readTitle(fields['title'] ?? fields['message'], draft, notes);
  if (title === undefined) return { ok: false, field: 'title', reason: 'must be text that is not blank' };
  const kind = readKind(fields['kind'] ?? fields['type'], draft, notes);
  const instant = resolveTimestamp(fields['timestamp'], context, notes);
  if (instant.original !== undefined) draft.add('original_timestamp', instant.original);
  const serviceName = readServiceName(fields, notes, (key, value) => draft.addNested(key, value));
  const version = readVersion(fields['version'], draft, notes);
  const link = readLink(fields['link'] ?? fields['url'], notes);
  const given = fields['context'];
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) draft.addObject(given);
  else if (given !== undefined && given !== null) draft.addNested('context', given);
  for (const note of draft.notes()) notes.push(`context: ${note}`);

  const record: ChangeEvent = {
    id: asId<ChangeEventId>(
      encodeLogIdAt(instant.epochMs, instant.nanos, context.receivedAtMs, context.index, context.batchHash),
    ),
    projectId: context.projectId,
    kind,
    serviceName,
    title,
    timestamp: toIso(instant.epochMs),
    ...(version !== undefined && { version }),
    ...(link !== undefined && { link }),
    context: draft.fields,
  };
  return { ok: true, record, notes };
}

function readTitle(given: unknown, draft: ContextDraft, notes: string[]): string | undefined {
  if (typeof given !== 'string' || given.trim() === '') return undefined;
  const text = draft.text(given).trim();
  if (text.length <= MAX_TITLE_LENGTH) return text;
  notes.push(`title: cut to ${MAX_TITLE_LENGTH} characters`);
  return withoutOpenEnd(cutToLength(text, MAX_TITLE_LENGTH));
}

function readKind(given: unknown, draft: ContextDraft, notes: string[]): ChangeEventKind {
  const name = typeof given === 'string' ? given.trim().toLowerCase() : given;
  if (typeof name === 'string' && KINDS.has(name)) return name as ChangeEventKind;
  if (given === undefined || given === null) notes.push('kind: not given; other was assumed');
  else {
    notes.push(`kind: not one of ${CHANGE_EVENT_KINDS.join(', ')}; other was assumed and the original kept`);
    draft.addNested('original_kind', given);
  }
  return 'other';
}

function readVersion(given: unknown, draft: ContextDraft, notes: string[]): string | undefined {
  if (given === undefined || given === null || given === '') return undefined;
  if (typeof given === 'string' || typeof given === 'number') {
    const text = cleanText(String(given));
    if (text.length <= MAX_VERSION_LENGTH) return text;
  }
  notes.push(`version: not a text of at most ${MAX_VERSION_LENGTH} characters; kept in the context`);
  draft.addNested('original_version', given);
  return undefined;
}

/** Links are shown to people as links, so only those a browser opens safely are kept. */
function readLink(given: unknown, notes: string[]): string | undefined {
  if (given === undefined || given === null || given === '') return undefined;
  if (
    typeof given === 'string' &&
    given.length <= MAX_LINK_LENGTH &&
    /^https?:\/\/[^\s"'<>\\`]+$/i.test(given)
  )
    return cleanText(given);
  notes.push(`link: not an http or https URL of at most ${MAX_LINK_LENGTH} characters; dropped`);
  return undefined;
}
