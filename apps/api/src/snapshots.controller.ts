import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { pageParameters, toPageRequest } from '../../../libs/contracts/src/common.contract';
import {
  snapshotListResponse,
  snapshotResponse,
  toSnapshotListResponse,
  toSnapshotResponse,
} from '../../../libs/contracts/src/snapshots.contract';
import type { SnapshotId } from '../../../libs/core/src/common/ids';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { SnapshotStore } from '../../../libs/core/src/snapshots/snapshot-store.port';
import { SnapshotTaker } from '../../../libs/core/src/snapshots/snapshot-taker.port';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { IdPipe } from '../../../libs/http/src/id.pipe';
import { orNotFound } from '../../../libs/http/src/or-not-found';

const snapshotId = new IdPipe<SnapshotId>('OPS_SNAPSHOT_NOT_FOUND', 'snapshot');
const tag = 'snapshots';

/** The seed's paths, and the same below /api like everything else. */
@Controller(['snapshots', 'api/snapshots'])
@RequirePermission('read')
export class SnapshotsController {
  constructor(
    private readonly snapshots: SnapshotStore,
    private readonly taker: SnapshotTaker,
  ) {}

  @Get()
  @DescribeRoute({ summary: 'Snapshots, the newest first', tag, response: snapshotListResponse })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(pageParameters)) parameters: z.output<typeof pageParameters>,
  ) {
    return toSnapshotListResponse(await this.snapshots.list(scope, toPageRequest(parameters)));
  }

  @Post()
  @RequirePermission('write')
  @DescribeRoute({ summary: 'Take a snapshot now', tag, response: snapshotResponse })
  async take(@CurrentScope() scope: ProjectScope) {
    return toSnapshotResponse(await this.taker.take(scope));
  }

  @Get(':id')
  @DescribeRoute({ summary: 'One snapshot', tag, response: snapshotResponse })
  async find(@CurrentScope() scope: ProjectScope, @Param('id', snapshotId) id: SnapshotId) {
    return toSnapshotResponse(
      orNotFound(await this.snapshots.find(scope, id), 'OPS_SNAPSHOT_NOT_FOUND', 'snapshot'),
    );
  }
}
