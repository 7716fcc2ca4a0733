import { Body, Controller, Delete, Get, HttpCode, Module, Post, Query, UseGuards } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { OpsError } from '../../libs/core/src/common/errors';
import type { Actor } from '../../libs/core/src/incidents/timeline-event';
import { ApiKeyStore } from '../../libs/core/src/projects/api-key-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import {
  ApiKeyGuard,
  CurrentActor,
  CurrentScope,
  RequirePermission,
} from '../../libs/http/src/api-key.guard';
import { ContractPipe } from '../../libs/http/src/contract.pipe';
import { createHttpApp } from '../../libs/http/src/create-http-app';
import { HealthModule } from '../../libs/http/src/health.module';
import { RoleStatus } from '../../libs/http/src/role-status';
import { AppLogger } from '../../libs/observability/src/app-logger';
import { AppMetrics } from '../../libs/observability/src/app-metrics';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import { AppClock } from '../../libs/runtime/src/app-clock';
import { AppStopwatch } from '../../libs/runtime/src/app-stopwatch';
import { KeysInMemory } from './keys-in-memory';

const limits = {
  INGEST_MAX_BODY_BYTES: 10_000,
  INGEST_MAX_INFLATED_BYTES: 50_000,
  INGEST_MAX_PENDING_BYTES: 64_000_000,
  RATE_LIMIT_INGEST_PER_SECOND: 0,
  RATE_LIMIT_API_PER_SECOND: 0,
};
const body = z.strictObject({ name: z.string().max(10), tags: z.array(z.string()).optional() });
const query = z.strictObject({ limit: z.coerce.number().int().max(5).default(1) });

@Controller('things')
class ThingsController {
  @Get()
  list(@Query(new ContractPipe(query)) parameters: z.output<typeof query>) {
    return parameters;
  }

  @Post()
  create(@Body(new ContractPipe(body)) thing: z.output<typeof body>) {
    return thing;
  }

  @Get('broken')
  broken(): never {
    throw new Error('password of the database is hunter2');
  }

  @Get('busy')
  busy(): never {
    throw new OpsError('overloaded', 'OPS_INGEST_QUEUE_FULL', 'the queue is full', { retryAfterSeconds: 7 });
  }

  @Get('down')
  isDown(): never {
    throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'the broker is full');
  }

  @Get('mine')
  @RequirePermission('read')
  mine(@CurrentScope() scope: ProjectScope, @CurrentActor() actor: Actor) {
    return { project: scope.projectId, actor };
  }

  @Delete(':id')
  @RequirePermission('admin')
  remove() {
    return {};
  }
}

@Controller('vault')
@RequirePermission('read')
class VaultController {
  @Get()
  open() {
    return this.content;
  }

  @Post('notes')
  note(@Body(new ContractPipe(body)) note: z.output<typeof body>) {
    return note;
  }

  @Post()
  @RequirePermission('write')
  put(@Body(new ContractPipe(body)) thing: z.output<typeof body>) {
    return thing;
  }

  @Post('direct')
  @HttpCode(202)
  @RequirePermission('write', { isDirect: true })
  async takeDirectly(scope: ProjectScope) {
    return { project: scope.projectId };
  }

  private get content() {
    return {};
  }
}

@Controller('unnamed')
@UseGuards(ApiKeyGuard)
class UnnamedController {
  @Get()
  open() {
    return {};
  }
}

/** What a test may change while the app runs, and what the app has logged. */
export interface ThingsWorld {
  readonly lines: string[];
  readonly keys: KeysInMemory;
  nowMs: number;
  elapsedMs: number;
  databaseIsUp: boolean;
  metricsRequireKey: boolean;
}

@Module({})
class EnginesModule {}

@Module({ imports: [HealthModule], controllers: [ThingsController, UnnamedController, VaultController] })
class ThingsModule {}

/** An app with little in it but what every app of OpsPilot has: keys, limits, problems, health. */
export async function startThingsApp(): Promise<{
  readonly app: NestFastifyApplication;
  readonly world: ThingsWorld;
}> {
  const keys = new KeysInMemory();
  keys.add('reader-key');
  keys.add('revoked-key', { revokedAtMs: 5 });
  keys.add('admin-key', { permissions: ['admin'] });
  const world = {
    lines: [],
    keys,
    nowMs: 1_000_000,
    elapsedMs: 0,
    databaseIsUp: true,
    metricsRequireKey: false,
  };
  const app = await createHttpApp(
    {
      module: ThingsModule,
      imports: [{ module: EnginesModule, global: true, ...provided(world) }],
    },
    { config: limits },
  );
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return { app, world };
}

function provided(world: ThingsWorld) {
  const log = createLogger({
    level: 'trace',
    role: 'test',
    destination: { write: (line) => void world.lines.push(line) },
  });
  const providers = [
    { provide: AppLogger, useValue: log },
    { provide: AppMetrics, useValue: createMetricsRegistry('test', { runtimeMetrics: false }) },
    { provide: AppClock, useValue: new AppClock({ now: () => world.nowMs }) },
    { provide: AppStopwatch, useValue: new AppStopwatch({ readMs: () => world.elapsedMs }) },
    { provide: ApiKeyStore, useValue: world.keys },
    { provide: RoleStatus, useValue: new ThingsStatus(world) },
  ];
  return { providers, exports: providers.map((each) => each.provide) };
}

class ThingsStatus extends RoleStatus {
  readonly roles = ['test'];
  readonly version = '1.2.3';
  readonly startedAtMs = 1_000_000;

  constructor(private readonly world: ThingsWorld) {
    super();
  }

  get metricsRequireKey(): boolean {
    return this.world.metricsRequireKey;
  }

  checks() {
    return [
      {
        name: 'database',
        check: async () => {
          if (!this.world.databaseIsUp) throw new Error('connect ECONNREFUSED 10.0.0.7:5432');
        },
      },
    ];
  }
}
