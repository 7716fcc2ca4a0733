import { randomBytes, randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  channelCreatedResponse,
  channelListResponse,
  channelRequest,
  toChannelCreatedResponse,
  toChannelListResponse,
} from '../../../libs/contracts/src/channels.contract';
import { pageParameters, toPageRequest } from '../../../libs/contracts/src/common.contract';
import { OpsError } from '../../../libs/core/src/common/errors';
import { type ChannelId, asId } from '../../../libs/core/src/common/ids';
import type { Channel } from '../../../libs/core/src/notify/channel';
import { ChannelStore } from '../../../libs/core/src/notify/channel-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { IdPipe } from '../../../libs/http/src/id.pipe';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';

const channelId = new IdPipe<ChannelId>('OPS_CHANNEL_NOT_FOUND', 'channel');

/** All of it needs `write`, reading too: many services' webhook URLs are secrets in themselves. */
@Controller('api/channels')
@RequirePermission('write')
export class ChannelsController {
  constructor(
    private readonly channels: ChannelStore,
    private readonly clock: AppClock,
    private readonly config: AppConfig,
  ) {}

  @Post()
  @DescribeRoute({
    summary: 'Make a channel; its secret is shown once',
    tag: 'channels',
    response: channelCreatedResponse,
  })
  async create(
    @CurrentScope() scope: ProjectScope,
    @Body(new ContractPipe(channelRequest)) body: z.output<typeof channelRequest>,
  ) {
    const channel: Channel = {
      id: asId<ChannelId>(randomUUID()),
      projectId: scope.projectId,
      name: body.name,
      enabled: body.enabled,
      kind: body.kind,
      url: body.url,
      secret: body.secret ?? `whsec_${randomBytes(32).toString('base64url')}`,
      createdAtMs: this.clock.now(),
    };
    const most = this.config.values.CHANNELS_MAX;
    if (!(await this.channels.create(scope, channel, most)))
      throw new OpsError(
        'unprocessable',
        'OPS_CHANNEL_LIMIT',
        `a project may have ${most} channels; delete one first (CHANNELS_MAX)`,
      );
    return toChannelCreatedResponse(channel);
  }

  @Get()
  @DescribeRoute({ summary: 'All channels', tag: 'channels', response: channelListResponse })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(pageParameters)) parameters: z.output<typeof pageParameters>,
  ) {
    return toChannelListResponse(await this.channels.list(scope, toPageRequest(parameters)));
  }

  @Delete(':id')
  @HttpCode(204)
  @DescribeRoute({ summary: 'Delete a channel', tag: 'channels' })
  async remove(@CurrentScope() scope: ProjectScope, @Param('id', channelId) id: ChannelId): Promise<void> {
    orNotFound((await this.channels.delete(scope, id)) || undefined, 'OPS_CHANNEL_NOT_FOUND', 'channel');
  }
}
