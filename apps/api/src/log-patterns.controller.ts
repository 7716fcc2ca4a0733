import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import { TEMPLATE_ALGORITHM } from '../../../libs/analysis/src/mine-templates';
import { OPERATIONAL_LABELS } from '../../../libs/analysis/src/operational-labels';
import { chooseBucketSeconds } from '../../../libs/contracts/src/common.contract';
import {
  logPatternDiffParameters,
  logPatternDiffResponse,
  logPatternsResponse,
  toDiffWindows,
  toLogPatternDiffResponse,
  toLogPatternsResponse,
} from '../../../libs/contracts/src/log-patterns.contract';
import { logPatternParameters, toLogFilter } from '../../../libs/contracts/src/logs.contract';
import { bucketStarts } from '../../../libs/core/src/common/time-buckets';
import type { TimeRange } from '../../../libs/core/src/common/time-range';
import {
  comparePatternWindows,
  type PatternWindow,
} from '../../../libs/core/src/logs/compare-pattern-windows';
import { groupPatternCounts, type PatternGroup } from '../../../libs/core/src/logs/group-pattern-counts';
import { LogPatternLabelStore } from '../../../libs/core/src/logs/log-pattern-label-store.port';
import { LogPatternStore } from '../../../libs/core/src/logs/log-pattern-store.port';
import type { FingerprintCount, LogFilter } from '../../../libs/core/src/logs/log-query';
import { LogStore } from '../../../libs/core/src/logs/log-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { labelTexts } from './label-texts';

/** Fingerprints (and services) looked at for one answer. */
const MAX_GROUPS = 5000;

@Controller('api/logs/patterns')
@RequirePermission('read')
export class LogPatternsController {
  constructor(
    private readonly logs: LogStore,
    private readonly patterns: LogPatternStore,
    private readonly labels: LogPatternLabelStore,
    private readonly clock: AppClock,
  ) {}

  @Get()
  @DescribeRoute({ summary: 'Log records by what they say', tag: 'logs', response: logPatternsResponse })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(logPatternParameters)) parameters: z.output<typeof logPatternParameters>,
  ) {
    const filter = toLogFilter(parameters, this.clock.now());
    const { counts, isCut } = await this.read(scope, filter);
    const groups = groupPatternCounts(counts, await this.knownOf(scope, counts));
    const shown = groups.slice(0, parameters.limit);
    const bucketSeconds = chooseBucketSeconds(filter.range, undefined);
    const bucketStartsMs = bucketStarts(filter.range, bucketSeconds);
    const [labels, trends] = await Promise.all([
      this.labelsOf(scope, shown),
      this.trendsOf(scope, filter, bucketSeconds, bucketStartsMs, shown),
    ]);
    return toLogPatternsResponse({
      algorithm: TEMPLATE_ALGORITHM,
      shown: shown.map((group, index) => ({ group, labels: labels[index] ?? [] })),
      total: groups.length,
      isCut,
      bucketSeconds,
      bucketStartsMs,
      trends,
    });
  }

  @Get('diff')
  @DescribeRoute({
    summary: 'What services say now that they did not say before, and the other way round',
    tag: 'logs',
    response: logPatternDiffResponse,
  })
  async diff(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(logPatternDiffParameters)) parameters: z.output<typeof logPatternDiffParameters>,
  ) {
    const windows = toDiffWindows(parameters, this.clock.now());
    const { level, service_name: serviceName } = parameters;
    const filterOf = (range: TimeRange): LogFilter => ({
      range,
      ...(level !== undefined && { levels: level }),
      ...(serviceName !== undefined && { serviceName }),
    });
    const [baseline, current] = await Promise.all([
      this.read(scope, filterOf(windows.baseline)),
      this.read(scope, filterOf(windows.current)),
    ]);
    const known = await this.knownOf(scope, [...baseline.counts, ...current.counts]);
    const seen = new Map<string, number>();
    const shown = comparePatternWindows(baseline, current, known).filter(({ kind }) => {
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      return (seen.get(kind) ?? 0) <= parameters.limit;
    });
    const labels = await this.labelsOf(
      scope,
      shown.map(({ group }) => group),
    );
    const labelled = shown.map((one, index) => ({ ...one, labels: labels[index] ?? [] }));
    return toLogPatternDiffResponse(windows, labelled, baseline.isCut || current.isCut);
  }

  private async read(scope: ProjectScope, filter: LogFilter): Promise<PatternWindow> {
    const counts = await this.logs.countFingerprints(scope, filter, MAX_GROUPS);
    return { range: filter.range, counts, isCut: counts.length >= MAX_GROUPS };
  }

  private knownOf(scope: ProjectScope, counts: readonly FingerprintCount[]) {
    const fingerprints = new Set(counts.map(({ fingerprint }) => fingerprint));
    return this.patterns.findByFingerprints(scope, [...fingerprints]);
  }

  private async labelsOf(scope: ProjectScope, groups: readonly PatternGroup[]) {
    const own = await this.labels.list(scope);
    const texts = groups.map(({ template, examples: [example] }) => ({
      text: template,
      ...(example !== undefined && { example: example.message }),
    }));
    return labelTexts(texts, [...own, ...OPERATIONAL_LABELS]);
  }

  /** For each group the count of each bucket. */
  private async trendsOf(
    scope: ProjectScope,
    filter: LogFilter,
    bucketSeconds: number,
    bucketStartsMs: readonly number[],
    groups: readonly PatternGroup[],
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    const groupOf = new Map(groups.flatMap(({ id, fingerprints }) => fingerprints.map((one) => [one, id])));
    const trends = new Map(groups.map(({ id }) => [id, bucketStartsMs.map(() => 0)]));
    if (groups.length === 0) return trends;
    const places = new Map(bucketStartsMs.map((startMs, index) => [startMs, index]));
    const volume = await this.logs.fingerprintVolume(scope, filter, bucketSeconds, [...groupOf.keys()]);
    for (const { fingerprint, startMs, count } of volume) {
      const trend = trends.get(groupOf.get(fingerprint) ?? '');
      const place = places.get(startMs);
      if (trend !== undefined && place !== undefined) trend[place] = (trend[place] ?? 0) + count;
    }
    return trends;
  }
}
