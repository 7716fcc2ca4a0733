import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import type { z } from 'zod';
import { pageParameters } from '../../../libs/contracts/src/common.contract';
import {
  runbookListResponse,
  runbookRequest,
  runbookResponse,
  runbookSummaryResponse,
  toRunbookResponse,
  toRunbookSummaryResponse,
} from '../../../libs/contracts/src/runbooks.contract';
import { OpsError } from '../../../libs/core/src/common/errors';
import type { ProjectId } from '../../../libs/core/src/common/ids';
import type { ObjectKey } from '../../../libs/core/src/common/object-key';
import { ObjectStore, type StoredObject } from '../../../libs/core/src/common/object-store.port';
import {
  RUNBOOK_NAME_ALLOWED,
  runbookKey,
  runbookName,
  RUNBOOKS_FOLDER,
} from '../../../libs/core/src/incidents/runbook';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { CurrentScope, RequirePermission } from '../../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../../libs/http/src/contract.pipe';
import { DescribeRoute } from '../../../libs/http/src/describe-route';
import { orNotFound } from '../../../libs/http/src/or-not-found';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';

/** So many are read, whatever RUNBOOKS_MAX is by now: it allows no more, and may have been higher when they were put. */
const READ_MAX = 10_000;

/** What to do when something is wrong, as Markdown files by name. */
@Controller('api/runbooks')
@RequirePermission('read')
export class RunbooksController {
  /** Under way, in the order they came: a list may not show them yet. Other API processes do not know of them. */
  private readonly puts = new Set<{ readonly projectId: ProjectId; readonly key: ObjectKey }>();

  constructor(
    private readonly objects: ObjectStore,
    private readonly clock: AppClock,
    private readonly config: AppConfig,
  ) {}

  @Get()
  @DescribeRoute({ summary: 'All runbooks, by name', tag: 'runbooks', response: runbookListResponse })
  async list(
    @CurrentScope() scope: ProjectScope,
    @Query(new ContractPipe(pageParameters)) { limit, cursor }: z.output<typeof pageParameters>,
  ) {
    const after = cursor === undefined ? undefined : keyOrInvalid('cursor', cursor);
    const all = await this.all(scope);
    const rest = after === undefined ? all : all.filter(({ key }) => key > after);
    const page = rest.slice(0, limit);
    const last = rest.length > limit ? page.at(-1) : undefined;
    return {
      runbooks: page.map(toRunbookSummaryResponse),
      total: all.length,
      next_cursor: last === undefined ? null : (runbookName(last.key) ?? null),
    };
  }

  @Get(':name')
  @DescribeRoute({ summary: 'One runbook', tag: 'runbooks', response: runbookResponse })
  async find(@CurrentScope() scope: ProjectScope, @Param('name') name: string) {
    const key = keyOrNotFound(name);
    return toRunbookResponse(orNoRunbook(await this.objects.get(scope, key)));
  }

  @Put(':name')
  @RequirePermission('write')
  @DescribeRoute({
    summary: 'Put a runbook there, in the place of one of the same name',
    tag: 'runbooks',
    response: runbookSummaryResponse,
  })
  async put(
    @CurrentScope() scope: ProjectScope,
    @Param('name') name: string,
    @Body(new ContractPipe(runbookRequest)) { markdown }: z.output<typeof runbookRequest>,
  ) {
    const key = keyOrInvalid('name', name);
    const content = new TextEncoder().encode(markdown);
    this.requireSize(content.length);
    const before = [...this.puts].filter(({ projectId }) => projectId === scope.projectId);
    const put = { projectId: scope.projectId, key };
    this.puts.add(put);
    try {
      await this.requireRoom(scope, key, before);
      await this.objects.put(scope, key, content);
    } finally {
      this.puts.delete(put);
    }
    return toRunbookSummaryResponse({ key, bytes: content.length, updatedAtMs: this.clock.now() });
  }

  @Delete(':name')
  @HttpCode(204)
  @RequirePermission('write')
  @DescribeRoute({ summary: 'Delete a runbook', tag: 'runbooks' })
  async remove(@CurrentScope() scope: ProjectScope, @Param('name') name: string): Promise<void> {
    orNoRunbook((await this.objects.delete(scope, keyOrNotFound(name))) || undefined);
  }

  private async all(scope: ProjectScope): Promise<readonly StoredObject[]> {
    const stored = await this.objects.list(scope, RUNBOOKS_FOLDER, { limit: READ_MAX });
    return stored.filter(({ key }) => runbookName(key) !== undefined);
  }

  private requireSize(bytes: number): void {
    const most = this.config.values.RUNBOOK_MAX_BYTES;
    if (bytes <= most) return;
    throw new OpsError(
      'too_large',
      'OPS_OBJECT_TOO_LARGE',
      `the runbook has ${bytes} bytes, and at most ${most} are allowed (RUNBOOK_MAX_BYTES)`,
      { fields: [{ field: 'markdown', reason: 'is too long', allowed: `at most ${most} bytes` }] },
    );
  }

  /** For one more than there are, and than are being put by those who came before. */
  private async requireRoom(scope: ProjectScope, key: ObjectKey, before: readonly { key: ObjectKey }[]) {
    const most = this.config.values.RUNBOOKS_MAX;
    const stored = new Set((await this.all(scope)).map((runbook) => runbook.key));
    if (stored.has(key)) return;
    for (const put of before) stored.add(put.key);
    if (stored.add(key).size <= most) return;
    throw new OpsError(
      'unprocessable',
      'OPS_RUNBOOK_LIMIT',
      `a project may have ${most} runbooks; delete one first (RUNBOOKS_MAX)`,
    );
  }
}

function orNoRunbook<Value>(value: Value | undefined): Value {
  return orNotFound(value, 'OPS_RUNBOOK_NOT_FOUND', 'runbook');
}

/** What can be no name is the name of none. */
function keyOrNotFound(name: string): ObjectKey {
  return orNoRunbook(runbookKey(name));
}

function keyOrInvalid(field: string, name: string): ObjectKey {
  const key = runbookKey(name);
  if (key !== undefined) return key;
  throw new OpsError('invalid', 'OPS_REQUEST_INVALID', `${field}: cannot be the name of a runbook`, {
    fields: [{ field, reason: 'cannot be the name of a runbook', allowed: RUNBOOK_NAME_ALLOWED }],
  });
}
