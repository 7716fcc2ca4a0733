import { Controller, Get } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { collectRoutes } from '../../../libs/http/src/collect-routes';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { buildOpenApi, type DocumentedRoute } from '../../../libs/http/src/openapi';
import { RoleStatus } from '../../../libs/http/src/role-status';

const PREFIX = '/api/ingest/';

/** What may be sent, for those who reach ingest as a process of its own, or the part behind its proxy. Public, like the code. */
@Controller('api/ingest/openapi.json')
export class IngestOpenApiController {
  private document: object | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly role: RoleStatus,
  ) {}

  @Get()
  @DescribeRoute({ summary: 'What may be sent, as an OpenAPI 3.1 document', tag: 'ingest' })
  openApi(): object {
    this.document ??= buildOpenApi(this.routes(), this.role.version);
    return this.document;
  }

  private routes(): readonly DocumentedRoute[] {
    return collectRoutes(this.discovery).filter(({ path }) => path.startsWith(PREFIX));
  }
}
