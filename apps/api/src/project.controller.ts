import { Controller, Get } from '@nestjs/common';
import { projectResponse, toProjectResponse } from '../../../libs/contracts/src/projects.contract';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { ProjectStore } from '../../../libs/core/src/projects/project-store.port';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { orNotFound } from '../../../libs/http/src/or-not-found';

@Controller('api/project')
@RequirePermission('read')
export class ProjectController {
  constructor(private readonly projects: ProjectStore) {}

  @Get()
  @DescribeRoute({
    summary: 'The project that the key belongs to',
    tag: 'project',
    response: projectResponse,
  })
  async show(@CurrentScope() scope: ProjectScope) {
    const project = await this.projects.find(scope.projectId);
    return toProjectResponse(orNotFound(project, 'OPS_PROJECT_NOT_FOUND', 'project'));
  }
}
