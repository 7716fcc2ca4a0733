import { Module, type Type } from '@nestjs/common';
import { OpsConfigError } from '../../config/src/config-error';
import { loadConfig } from '../../config/src/load-config';
import { createHttpApp, listen } from '../../http/src/create-http-app';
import { HealthModule } from '../../http/src/health.module';
import { AppLogger } from '../../observability/src/app-logger';
import { RuntimeModule } from './runtime.module';

/** Runs one role as its own process until it is told to stop. A wrong configuration is printed and ends it with status 1. */
export async function runRole(role: string, roleModule: Type<unknown>): Promise<void> {
  try {
    const config = loadConfig({ required: ['DATABASE_URL', 'TEMPORAL_ADDRESS'] });
    const imports = [RuntimeModule.forRoot({ config, roles: [role] }), roleModule, HealthModule];
    @Module({ imports })
    class RoleProcess {}
    const app = await createHttpApp(RoleProcess, { config });
    const url = await listen(app, config).catch(async (error: unknown) => {
      await app.close();
      throw error;
    });
    app.get(AppLogger, { strict: false }).info({ url }, 'listening');
  } catch (error) {
    process.stderr.write(
      `opspilot ${role}: ${error instanceof OpsConfigError ? error.message : describe(error)}\n`,
    );
    process.exitCode = 1;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
