import { maskMessage } from './mask-message';
import type { TraceLogInput } from './root-cause';

/** Beyond this, a masked log line is mostly payload: lists and objects whose length varies. */
const MASKED_PREFIX_CHARS = 70;
const LOCATION_SEARCH_CHARS = 120;
/** "TravelServiceImpl#451", "cart.ts:12": where in the code a line was written. It names the statement, although it holds a number. */
const CODE_LOCATION = /[A-Za-z_$][\w$]{0,80}(?:#|\.[a-z]{1,4}:)\d{1,6}/g;

/** The name of what a log record says, apart from its values. */
export function eventOfLog(log: TraceLogInput): string {
  const head = log.message.slice(0, LOCATION_SEARCH_CHARS);
  const locations = head.match(CODE_LOCATION)?.join(' ') ?? '';
  return `${log.level}: ${maskMessage(log.message, MASKED_PREFIX_CHARS).slice(0, MASKED_PREFIX_CHARS)} ${locations}`;
}

export function eventOfSpan(operation: string): string {
  return `span: ${operation}`;
}

export function eventOfCall(serviceName: string, operation: string): string {
  return `call: ${serviceName} ${operation}`;
}

/** An event that stands for failure by itself: an error record, or a span of error handling. */
export function isFailure(event: string): boolean {
  return /^(error|fatal): /.test(event) || /^span: .*(error|exception)/i.test(event);
}

/** An event that a good run of the operation is expected to have. Warnings are not missed. */
export function isStep(event: string): boolean {
  return !isFailure(event) && !event.startsWith('warn: ');
}
