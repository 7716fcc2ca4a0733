import { Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { OpsConfigError } from '../../config/src/config-error';
import { keepLocalRequestsDirect } from '../../config/src/keep-local-requests-direct';
import { type Config, loadConfig } from '../../config/src/load-config';
import { createHttpApp, listen } from '../../http/src/create-http-app';
import { HealthModule } from '../../http/src/health.module';
import { AppLogger } from '../../observability/src/app-logger';
import { RuntimeModule } from './runtime.module';
import { StopRequest } from './stop-request';
import { StopTimeoutError, stopWithin } from './stop-within';

/**
 * Runs one role as its own process until it is told to stop (SIGTERM, SIGINT, SIGHUP). Ends with status 0 when all work
 * under way was finished; with 1 where it was not, or where the role could not start, and says why.
 */
export async function runRole(role: string, roleModule: Type<unknown>): Promise<void> {
  const stopRequest = new StopRequest();
  keepLocalRequestsDirect();
  try {
    const config = loadConfig({ required: ['DATABASE_URL', 'TEMPORAL_ADDRESS'] });
    const app = await start(role, roleModule, config, stopRequest);
    await stopRequest.requested;
    app.get(AppLogger, { strict: false }).info('stopping');
    await stopWithin(config.SHUTDOWN_TIMEOUT_SECONDS, () => app.close());
  } catch (error) {
    process.stderr.write(`opspilot ${role}: ${describe(error)}\n`);
    process.exitCode = 1;
  }
  process.exit(process.exitCode ?? 0);
}

async function start(
  role: string,
  roleModule: Type<unknown>,
  config: Config,
  stopRequest: StopRequest,
): Promise<NestFastifyApplication> {
  const imports = [RuntimeModule.forRoot({ config, roles: [role] }), roleModule, HealthModule];
  @Module({ imports })
  class RoleProcess {}
  const app = await createHttpApp(RoleProcess, { config });
  // Asked to stop while starting: it is closed in order, but nobody needs to reach it any more.
  if (stopRequest.isRequested) return app;
  const url = await listen(app, config).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  app.get(AppLogger, { strict: false }).info({ url }, 'listening');
  return app;
}

function describe(error: unknown): string {
  if (error instanceof OpsConfigError || error instanceof StopTimeoutError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
