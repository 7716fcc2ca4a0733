import { Controller, Get } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { collectRoutes } from '../../../libs/http/src/collect-routes';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { buildOpenApi } from '../../../libs/http/src/openapi';
import { RoleStatus } from '../../../libs/http/src/role-status';

/** What this process offers. Public, like the code it comes from. */
@Controller()
export class OpenApiController {
  private document: object | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly role: RoleStatus,
  ) {}

  @Get()
  @DescribeRoute({ summary: 'Where to go from here', tag: 'other' })
  index() {
    return {
      name: 'OpsPilot',
      version: this.role.version,
      roles: this.role.roles,
      links: {
        openapi: '/api/openapi.json',
        health: '/health',
        ready: '/ready',
        metrics: '/metrics',
        logs: '/api/logs/query',
        incidents: '/api/incidents',
        rules: '/api/rules',
      },
    };
  }

  @Get('api/openapi.json')
  @DescribeRoute({ summary: 'This API as an OpenAPI 3.1 document', tag: 'other' })
  openApi(): object {
    this.document ??= buildOpenApi(collectRoutes(this.discovery), this.role.version);
    return this.document;
  }
}
