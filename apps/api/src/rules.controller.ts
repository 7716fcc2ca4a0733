import { randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  evaluationRequestResponse,
  patchRule,
  ruleListResponse,
  rulePatchRequest,
  ruleRequest,
  ruleResponse,
  ruleWithAlertsResponse,
  toEvaluationRequestResponse,
  toRuleDraft,
  toRuleListResponse,
  toRuleResponse,
  toRuleWithAlertsResponse,
} from '../../../libs/contracts/src/alerting.contract';
import { pageParameters, toPageRequest } from '../../../libs/contracts/src/common.contract';
import { requestedInstant } from '../../../libs/core/src/alerting/evaluation-request';
import type { Rule } from '../../../libs/core/src/alerting/rule';
import { RuleStateStore } from '../../../libs/core/src/alerting/rule-state-store.port';
import { TransitionHandover } from '../../../libs/core/src/alerting/transition-handover.port';
import { type RuleChange, RuleStore } from '../../../libs/core/src/alerting/rule-store.port';
import { OpsError } from '../../../libs/core/src/common/errors';
import { type RuleId, asId } from '../../../libs/core/src/common/ids';
import { SharedClock } from '../../../libs/core/src/common/shared-clock.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe, parseContract } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { IdPipe } from '../../../libs/http/src/id.pipe';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { EvaluationRequests } from '../../../libs/runtime/src/evaluation-requests.provider';
import { endRuleAlerts } from './end-rule-alerts';

const ruleId = new IdPipe<RuleId>('OPS_RULE_NOT_FOUND', 'rule');

@Controller('api/rules')
@RequirePermission('read')
export class RulesController {
  constructor(
    private readonly rules: RuleStore,
    private readonly states: RuleStateStore,
    private readonly handover: TransitionHandover,
    private readonly evaluations: EvaluationRequests,
    private readonly clock: SharedClock,
    private readonly config: AppConfig,
  ) {}

  @Post()
  @RequirePermission('write')
  @DescribeRoute({ summary: 'Make a rule', tag: 'rules', response: ruleResponse })
  async create(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(ruleRequest)) body: z.output<typeof ruleRequest>,
  ) {
    const nowMs = await this.clock.now();
    const identity = { id: asId<RuleId>(randomUUID()), projectId: scope.projectId };
    const rule: Rule = { ...toRuleDraft(body), ...identity, createdAtMs: nowMs, updatedAtMs: nowMs };
    const most = this.config.values.RULES_MAX;
    if (!(await this.rules.create(scope, rule, most)))
      throw new OpsError(
        'unprocessable',
        'OPS_RULE_LIMIT',
        `a project may have ${most} rules; delete one first (RULES_MAX)`,
      );
    return toRuleResponse(rule);
  }

  @Get()
  @DescribeRoute({ summary: 'All rules', tag: 'rules', response: ruleListResponse })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(pageParameters)) parameters: z.output<typeof pageParameters>,
  ) {
    return toRuleListResponse(await this.rules.list(scope, toPageRequest(parameters)));
  }

  @Get(':id')
  @DescribeRoute({
    summary: 'A rule and what its last evaluation saw',
    tag: 'rules',
    response: ruleWithAlertsResponse,
  })
  async find(@CurrentScope() scope: ProjectScope, @Param('id', ruleId) id: RuleId) {
    const rule = await this.ruleOf(scope, id);
    return toRuleWithAlertsResponse(rule, await this.states.load(scope, [id]));
  }

  @Post(':id/evaluate')
  @HttpCode(202)
  @RequirePermission('write')
  @DescribeRoute({
    summary: "Evaluate a rule without waiting for its interval, and with it the project's other rules",
    tag: 'rules',
    response: evaluationRequestResponse,
  })
  async evaluate(@CurrentScope() scope: ProjectScope, @Param('id', ruleId) id: RuleId) {
    const rule = await this.ruleOf(scope, id);
    if (!rule.enabled)
      throw new OpsError('unprocessable', 'OPS_RULE_DISABLED', 'the rule is disabled; enable it first');
    const requestedAtMs = await this.evaluations.put(scope, 'api');
    const delayMs = this.config.values.ALERT_DELAY_SECONDS * 1000;
    return toEvaluationRequestResponse(rule, requestedAtMs, requestedInstant(requestedAtMs, delayMs));
  }

  @Patch(':id')
  @RequirePermission('write')
  @DescribeRoute({
    summary: 'Change parts of a rule; disabling it ends its alerts',
    tag: 'rules',
    response: ruleResponse,
  })
  async change(
    @CurrentScope() scope: ProjectScope,
    @Param('id', ruleId) id: RuleId,
    @Body(new ContractPipe(rulePatchRequest)) patch: z.output<typeof rulePatchRequest>,
  ) {
    const rule = await this.ruleOf(scope, id);
    // A disabled rule has alerts only where an earlier request was cut off.
    if (!rule.enabled) await this.endAlerts(scope, rule, 'rule_disabled');
    const updatedAtMs = await this.clock.now();
    const { before, after } = await this.changeRule(scope, id, (stored) => ({
      ...toRuleDraft(parseContract(ruleRequest, patchRule(stored, patch))),
      id,
      projectId: stored.projectId,
      createdAtMs: stored.createdAtMs,
      updatedAtMs,
    }));
    if (before.enabled && !after.enabled) await this.endAlerts(scope, before, 'rule_disabled');
    return toRuleResponse(after);
  }

  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('write')
  @DescribeRoute({ summary: 'Delete a rule; its alerts end', tag: 'rules' })
  async remove(@CurrentScope() scope: ProjectScope, @Param('id', ruleId) id: RuleId): Promise<void> {
    const updatedAtMs = await this.clock.now();
    const { before } = await this.changeRule(scope, id, (stored) =>
      stored.enabled ? { ...stored, enabled: false, updatedAtMs } : stored,
    );
    await this.endAlerts(scope, before, 'rule_deleted');
    orNotFound((await this.rules.delete(scope, id)) || undefined, 'OPS_RULE_NOT_FOUND', 'rule');
  }

  private async endAlerts(scope: ProjectScope, rule: Rule, endedBy: 'rule_deleted' | 'rule_disabled') {
    const { states, handover } = this;
    return endRuleAlerts({ states, handover }, scope, rule, endedBy, await this.clock.now());
  }

  private async changeRule(
    scope: ProjectScope,
    id: RuleId,
    decide: (rule: Rule) => Rule,
  ): Promise<RuleChange> {
    return orNotFound(await this.rules.change(scope, id, decide), 'OPS_RULE_NOT_FOUND', 'rule');
  }

  private async ruleOf(scope: ProjectScope, id: RuleId): Promise<Rule> {
    return orNotFound(await this.rules.find(scope, id), 'OPS_RULE_NOT_FOUND', 'rule');
  }
}
