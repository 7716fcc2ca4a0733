import { Inject, Injectable } from '@nestjs/common';
import type { Project } from '../../../libs/core/src/projects/project';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { ProjectStore } from '../../../libs/core/src/projects/project-store.port';
import {
  keptFromMs,
  type KeptSince,
  keptSince,
  type Retention,
} from '../../../libs/core/src/projects/retention';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';

/** What a project keeps, for those who look for what may have been deleted. */
@Injectable()
export class KeptRecords {
  constructor(
    @Inject(ProjectStore) private readonly projects: ProjectStore,
    @Inject(AppClock) private readonly clock: AppClock,
    @Inject(AppConfig) private readonly config: AppConfig,
  ) {}

  /** Of projects that have none of their own. */
  get defaults(): Retention {
    const { LOG_RETENTION_DAYS: logs, METRIC_RETENTION_DAYS: metrics } = this.config.values;
    return { logs, metrics };
  }

  /** Errors: OPS_PROJECT_NOT_FOUND. */
  async projectOf({ projectId }: ProjectScope): Promise<Project> {
    return orNotFound(await this.projects.find(projectId), 'OPS_PROJECT_NOT_FOUND', 'project');
  }

  /** Errors: OPS_PROJECT_NOT_FOUND. */
  async since(scope: ProjectScope): Promise<KeptSince> {
    const nowMs = this.clock.now();
    const changeEvents = keptFromMs(this.config.values.CHANGE_EVENT_RETENTION_DAYS, nowMs);
    return {
      ...keptSince(await this.projectOf(scope), this.defaults, nowMs),
      ...(changeEvents !== undefined && { changeEvents }),
    };
  }
}
