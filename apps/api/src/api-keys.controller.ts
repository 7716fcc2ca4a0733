import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { pageParameters, toPageRequest } from '../../../libs/contracts/src/common.contract';
import {
  apiKeyCreatedResponse,
  apiKeyListResponse,
  apiKeyRequest,
  apiKeyResponse,
  toApiKeyListResponse,
  toApiKeyResponse,
} from '../../../libs/contracts/src/projects.contract';
import type { ApiKeyId } from '../../../libs/core/src/common/ids';
import { ApiKeyStore } from '../../../libs/core/src/projects/api-key-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { IdPipe } from '../../../libs/http/src/id.pipe';
import { issueApiKey } from '../../../libs/http/src/issue-api-key';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppClock } from '../../../libs/runtime/src/app-clock';

const keyId = new IdPipe<ApiKeyId>('OPS_KEY_NOT_FOUND', 'API key');
const tag = 'project';

@Controller('api/api-keys')
@RequirePermission('admin')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeyStore,
    private readonly clock: AppClock,
  ) {}

  @Post()
  @DescribeRoute({
    summary: 'Make an API key; it is shown once',
    tag,
    response: apiKeyCreatedResponse,
  })
  async create(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(apiKeyRequest)) body: z.output<typeof apiKeyRequest>,
  ) {
    const { key, secret, secretHash } = issueApiKey({
      ...body,
      projectId: scope.projectId,
      nowMs: this.clock.now(),
    });
    await this.keys.create(scope, key, secretHash);
    return { ...toApiKeyResponse(key), secret };
  }

  @Get()
  @DescribeRoute({ summary: 'All API keys, revoked ones too', tag, response: apiKeyListResponse })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(pageParameters)) parameters: z.output<typeof pageParameters>,
  ) {
    return toApiKeyListResponse(await this.keys.list(scope, toPageRequest(parameters)));
  }

  @Delete(':id')
  @DescribeRoute({
    summary:
      'Revoke an API key; it stops working within five seconds, and streams end that were opened with it',
    tag,
    response: apiKeyResponse,
  })
  async revoke(@CurrentScope() scope: ProjectScope, @Param('id', keyId) id: ApiKeyId) {
    const revoked = await this.keys.revoke(scope, id, this.clock.now());
    return toApiKeyResponse(orNotFound(revoked, 'OPS_KEY_NOT_FOUND', 'API key'));
  }
}
