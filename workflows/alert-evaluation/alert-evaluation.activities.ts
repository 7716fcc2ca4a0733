import type { Transition } from '../../libs/core/src/alerting/rule-state';
import { shardOfProject } from '../../libs/core/src/alerting/shard-of-project';
import type { Clock } from '../../libs/core/src/common/clock';
import type { Project } from '../../libs/core/src/projects/project';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import type { ProjectStore } from '../../libs/core/src/projects/project-store.port';
import { ToldProblems } from '../../libs/observability/src/told-problems';
import { heartbeatWhile } from '../shared/heartbeat-while';
import { asActivities } from '../shared/activity-failure';
import { eachProject } from '../shared/each-project';
import type {
  AlertEvaluationActivities,
  ShardEvaluation,
  ShardEvaluationRequest,
} from './alert-evaluation.contract';
import { type ProjectEvaluationDependencies, evaluateProject } from './evaluate-project';

export interface AlertEvaluationDependencies extends ProjectEvaluationDependencies {
  readonly projects: ProjectStore;
  readonly clock: Clock;
}

/** Projects of a shard evaluated at the same time; each needs one database connection at a time. */
const PROJECTS_AT_ONCE = 4;
/** Transitions repeated in a run's result, for people; all of them go to the handover. */
const TRANSITIONS_SHOWN = 20;

export function createAlertEvaluationActivities(
  deps: AlertEvaluationDependencies,
): AlertEvaluationActivities {
  const told = new ToldProblems();
  return asActivities({
    evaluateShard: (request: ShardEvaluationRequest) =>
      heartbeatWhile((signal) => evaluateShard(deps, told, request, signal)),
  });
}

async function evaluateShard(
  deps: AlertEvaluationDependencies,
  told: ToldProblems,
  request: ShardEvaluationRequest,
  signal: AbortSignal,
): Promise<ShardEvaluation> {
  const stopTimer = deps.counters.seconds.startTimer();
  const sum = { projects: 0, failedProjects: 0, evaluations: 0, transitions: 0 };
  const firstTransitions: Transition[] = [];
  const isMine = ({ id }: Project) => shardOfProject(id, request.shards) === request.shard;
  await eachProject(deps.projects, PROJECTS_AT_ONCE, signal, async (project) => {
    if (!isMine(project)) return;
    try {
      const done = await evaluateProject(deps, scopeOfProject(project.id), request, signal);
      if (done?.isAhead === true) tellAhead(deps, told, project, request);
      else told.isOver(subjectOf(project, request));
      if (done === undefined) return;
      sum.projects += 1;
      sum.evaluations += done.evaluations;
      sum.transitions += done.transitions.length;
      deps.counters.evaluations.inc(done.evaluations);
      for (const { kind } of done.transitions) deps.counters.transitions.inc({ kind });
      firstTransitions.push(...done.transitions.slice(0, TRANSITIONS_SHOWN - firstTransitions.length));
    } catch (error) {
      if (signal.aborted) throw error;
      sum.projects += 1;
      sum.failedProjects += 1;
      deps.counters.failedProjects.inc();
      if (told.isNews(subjectOf(project, request), error))
        deps.logger.error(
          { err: error, project_id: project.id, interval_seconds: request.intervalSeconds },
          'rules of a project are not evaluated, what is missed is made up for',
        );
    }
  });
  stopTimer();
  deps.counters.lateness.observe((deps.clock.now() - request.scheduledAtMs) / 1000);
  return { scheduledAtMs: request.scheduledAtMs, ...sum, firstTransitions };
}

/** Instants are judged once: those of an hour that comes again are done, whatever comes in meanwhile. */
function tellAhead(
  { logger }: AlertEvaluationDependencies,
  told: ToldProblems,
  project: Project,
  request: ShardEvaluationRequest,
): void {
  const message =
    'rules of a project are not evaluated until the clock has come to the instant of their last evaluation or change: it was set back, or that of another process is ahead';
  if (!told.isNews(subjectOf(project, request), message)) return;
  logger.warn({ project_id: project.id, interval_seconds: request.intervalSeconds }, message);
}

/** Intervals of a project fail and succeed each by itself. */
const subjectOf = ({ id }: Project, { intervalSeconds }: ShardEvaluationRequest) =>
  `${id} ${intervalSeconds}`;
