import { asId, type LogPatternId } from '../../libs/core/src/common/ids';
import type { LogPattern } from '../../libs/core/src/logs/log-pattern';

/** A pattern of a catalogue. */
export function logPatternOf(id: string, firstAtMs: number): LogPattern {
  return {
    id: asId<LogPatternId>(id),
    template: `template of ${id}`,
    wildcards: [],
    level: 'info',
    services: ['api'],
    count: 1,
    firstAtMs,
    lastAtMs: firstAtMs,
    fingerprints: 1,
    examples: [],
  };
}
