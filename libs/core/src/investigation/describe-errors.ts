import { durationMs } from '../common/time-range';
import type { LogGroupCount } from '../logs/log-query';
import type { EvidenceDraft } from './evidence-draft';
import { logsPath } from './evidence-query';
import type { InvestigationScope } from './investigation';
import { plainService } from './quote-log-text';

const MAX_SERVICES = 8;
/** As the public API takes them. */
const LEVELS = 'error,fatal';

interface ServiceErrors {
  readonly serviceName: string;
  readonly incidentCount: number;
  readonly baselineCount: number;
  /** What the baseline's rate would give in a window as long as the incident's. */
  readonly expectedCount: number;
}

/** How errors are spread over services, first as a whole and then for each of the services with the most. */
export function describeErrors(
  baseline: readonly LogGroupCount[],
  incident: readonly LogGroupCount[],
  scope: InvestigationScope,
): readonly EvidenceDraft[] {
  const before = new Map(baseline.map(({ key, count }) => [key, count]));
  const scale = durationMs(scope.incident) / durationMs(scope.baseline);
  const services = incident.map(({ key, count }) => ({
    serviceName: key,
    incidentCount: count,
    baselineCount: before.get(key) ?? 0,
    expectedCount: Math.round((before.get(key) ?? 0) * scale),
  }));
  const told = services.slice(0, MAX_SERVICES);
  return [overall(told, services.length, scope), ...told.map((service) => ofService(service, scope))];
}

function overall(
  told: readonly ServiceErrors[],
  serviceCount: number,
  scope: InvestigationScope,
): EvidenceDraft {
  const list = told.map(
    ({ serviceName, incidentCount, expectedCount }) =>
      `${plainService(serviceName)} ${incidentCount} (${expectedCount} expected)`,
  );
  const rest = serviceCount > told.length ? ` and ${serviceCount - told.length} more` : '';
  const summary =
    told.length === 0
      ? 'No service logged errors in the incident window.'
      : `Errors in the incident window by service: ${list.join(', ')}${rest}.`;
  return {
    ref: 'errors:all',
    kind: 'error_spread',
    summary,
    query: logsPath(scope.incident, { level: LEVELS }),
    result: { services: told },
  };
}

function ofService(service: ServiceErrors, scope: InvestigationScope): EvidenceDraft {
  const { serviceName, incidentCount, expectedCount } = service;
  return {
    ref: `errors:${serviceName}`,
    kind: 'error_spread',
    serviceName,
    summary: `${plainService(serviceName)} logged ${incidentCount} errors in the incident window, where its baseline lets expect ${expectedCount}.`,
    query: logsPath(scope.incident, { level: LEVELS, serviceName }),
    result: { ...service },
  };
}
