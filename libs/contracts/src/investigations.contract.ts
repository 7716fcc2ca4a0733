import { z } from 'zod';
import type { Page } from '../../core/src/common/page';
import { type TimeRange, toIso } from '../../core/src/common/time-range';
import { EVIDENCE_KINDS, type Evidence } from '../../core/src/investigation/evidence';
import { isDataKept } from '../../core/src/investigation/evidence-query';
import {
  type Hypothesis,
  INVESTIGATION_STATUSES,
  type Investigation,
  type InvestigationReport,
} from '../../core/src/investigation/investigation';
import type { KeptSince } from '../../core/src/projects/retention';
import { field, toTotals, totals } from './common.contract';

const instant = (description: string) => field(z.string(), description, '2026-01-15T12:00:00.000Z');
const range = z.object({ start_time: instant('Belongs to it'), end_time: instant('Does not belong to it') });

export const evidenceResponse = z
  .object({
    id: field(z.string(), 'Id of the evidence', '7f9c24e8-3b12-4fef-91e0-56a2d5a4f1d7'),
    investigation_id: field(
      z.string(),
      'The investigation that it belongs to',
      '9d2b6f0e-1111-4c1e-8a55-9a1b2c3d4e5f',
    ),
    label: field(z.string(), 'What claims cite', 'E1'),
    kind: field(z.enum(EVIDENCE_KINDS), 'Which question it answers', 'metric_move'),
    service_name: field(z.string(), 'The service that it is about', 'checkout').optional(),
    summary: field(
      z.string(),
      'What it shows, with figures',
      'db_connections of checkout rose from 12 to 97',
    ),
    query: field(
      z.string(),
      'The request that shows the underlying data: send it with a read key',
      '/api/metrics/query?metric_name=db_connections',
    ),
    data_kept: field(
      z.boolean(),
      'False where that request shows less by now, as records have been deleted because of their age; what was seen stays',
      true,
    ),
    result: field(z.unknown(), 'What was seen', { before: 12, after: 97 }),
    observed_at: instant('When it was seen'),
  })
  .meta({ id: 'Evidence' });

const claim = z.object({
  text: field(z.string(), 'One sentence', 'The deploy of checkout 2.4.1 came 40 s before the first alert.'),
  cites: field(z.array(z.string()), 'Labels of the evidence that it rests on', ['E1']),
  conjecture: field(z.boolean(), 'True where it cites nothing', false),
});

const hypothesis = z.object({
  rank: field(z.int(), '1 is best supported', 1),
  service_name: field(z.string(), 'Where the cause is looked for', 'checkout'),
  cause_kind: field(z.string(), 'What kind of cause', 'deploy'),
  signal: field(z.string(), 'What speaks loudest for it', 'checkout 2.4.1'),
  score: field(z.number(), 'Its share of the support; the scores of one ranking sum to 1', 0.62),
  onset_at: instant('When it began').optional(),
  support: field(
    z.array(
      z.object({
        evidence: field(z.string(), 'Label of the evidence', 'E1'),
        kind: field(z.string(), 'What kind of signal', 'change'),
        weight: field(z.number(), 'Its part of the score; negative where it speaks against', 0.4),
        onset_at: instant('When this signal departed from its baseline').optional(),
        why: field(z.string(), 'Why it counts', 'deployed 40 s before the first alert'),
      }),
    ),
    'What speaks for and against it',
    [],
  ),
});

const report = z.object({
  summary: field(z.array(claim), 'What was found, sentence by sentence', []),
  ranking: field(z.array(hypothesis), 'Candidate causes, the best supported first; none is certain', []),
  written_by: field(
    z.enum(['statistics', 'model']),
    'Who wrote the sentences; the ranking is always statistics',
    'statistics',
  ),
  model: field(z.string(), 'Which model', 'gpt-4o-mini').optional(),
  model_note: field(z.string(), 'Why no model wrote it', 'no model is configured').optional(),
  algorithm: field(z.string(), 'How it was ranked', 'weighted-evidence'),
  algorithm_version: field(z.string(), 'Its version', '1'),
  gaps: field(
    z.array(
      z.object({
        what: field(z.string(), 'What is missing', 'Log patterns'),
        reason: field(z.string(), 'Why', 'the log store does not answer'),
      }),
    ),
    'What could not be read',
    [],
  ),
});

const fields = {
  id: field(z.string(), 'Id of the investigation', '9d2b6f0e-1111-4c1e-8a55-9a1b2c3d4e5f'),
  incident_id: field(z.string(), 'The incident', '3fa85f64-5717-4562-b3fc-2c963f66afa6'),
  status: field(z.enum(INVESTIGATION_STATUSES), 'Where it stands', 'finished'),
  requested_by: field(z.string(), 'Who asked for it', 'opspilot'),
  started_at: instant('When it began'),
  finished_at: instant('When it ended').optional(),
  scope: field(
    z.object({
      incident: field(range, 'The time looked at', {}),
      baseline: field(range, 'The time that it is compared with', {}),
      services: field(z.array(z.string()), 'Services that the alerts name', ['checkout']),
    }),
    'What is looked at',
    {},
  ).optional(),
  report: field(report, 'What was found', {}).optional(),
  failure: field(z.string(), 'Why it failed', 'the log store does not answer').optional(),
};

const investigationResponse = z.object(fields).meta({ id: 'Investigation' });
export const investigationWithEvidenceResponse = z.object({
  ...fields,
  evidence: field(z.array(evidenceResponse), 'Everything that was kept, in order of label', []),
});
export const investigationListResponse = z.object({
  investigations: field(z.array(investigationResponse), 'The newest first', []),
  ...totals,
});
export const investigationStartedResponse = z.object({ id: fields.id, incident_id: fields.incident_id });

function toRange({ fromMs, toMs }: TimeRange) {
  return { start_time: toIso(fromMs), end_time: toIso(toMs) };
}

function toHypothesis(candidate: Hypothesis) {
  return {
    rank: candidate.rank,
    service_name: candidate.serviceName,
    cause_kind: candidate.causeKind,
    signal: candidate.signal,
    score: candidate.score,
    ...(candidate.onsetAtMs !== undefined && { onset_at: toIso(candidate.onsetAtMs) }),
    support: candidate.support.map(({ evidence, kind, weight, onsetMs, why }) => ({
      evidence,
      kind,
      weight,
      ...(onsetMs !== undefined && { onset_at: toIso(onsetMs) }),
      why,
    })),
  };
}

function toReport(found: InvestigationReport) {
  return {
    summary: found.summary,
    ranking: found.ranking.map(toHypothesis),
    written_by: found.writtenBy,
    ...(found.model !== undefined && { model: found.model }),
    ...(found.modelNote !== undefined && { model_note: found.modelNote }),
    algorithm: found.algorithm,
    algorithm_version: found.algorithmVersion,
    gaps: found.gaps ?? [],
  };
}

function toInvestigationResponse(investigation: Investigation) {
  const { scope, report: found } = investigation;
  return {
    id: investigation.id,
    incident_id: investigation.incidentId,
    status: investigation.status,
    requested_by: investigation.requestedBy,
    started_at: toIso(investigation.startedAtMs),
    ...(investigation.finishedAtMs !== undefined && { finished_at: toIso(investigation.finishedAtMs) }),
    ...(scope !== undefined && {
      scope: {
        incident: toRange(scope.incident),
        baseline: toRange(scope.baseline),
        services: scope.services,
      },
    }),
    ...(found !== undefined && { report: toReport(found) }),
    ...(investigation.failure !== undefined && { failure: investigation.failure }),
  };
}

export function toEvidenceResponse(evidence: Evidence, since: KeptSince) {
  return {
    id: evidence.id,
    investigation_id: evidence.investigationId,
    label: evidence.label,
    kind: evidence.kind,
    ...(evidence.serviceName !== undefined && { service_name: evidence.serviceName }),
    summary: evidence.summary,
    query: evidence.query,
    data_kept: isDataKept(evidence.query, since),
    result: evidence.result,
    observed_at: toIso(evidence.observedAtMs),
  };
}

export function toInvestigationWithEvidenceResponse(
  investigation: Investigation,
  evidence: readonly Evidence[],
  since: KeptSince,
) {
  return {
    ...toInvestigationResponse(investigation),
    evidence: evidence.map((item) => toEvidenceResponse(item, since)),
  };
}

export function toInvestigationListResponse(page: Page<Investigation>) {
  return { investigations: page.items.map(toInvestigationResponse), ...toTotals(page) };
}
