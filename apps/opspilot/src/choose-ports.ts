import { OpsConfigError } from '../../../libs/config/src/config-error';
import { anyFreePort, freePortFrom, isFree } from './free-port';

export interface Ports {
  readonly http: number;
  readonly postgres: number;
  readonly temporal: number;
  readonly temporalUi: number;
}

/**
 * The API's port is what people type, so one that was asked for by name must be free; by default the next free one does.
 * The engines' ports are nobody's business but ours: always the next free ones.
 * Errors: OpsConfigError where PORT is set and taken.
 */
export async function choosePorts(request: {
  readonly host: string;
  readonly port: number;
  readonly portIsSet: boolean;
}): Promise<Ports> {
  if (request.portIsSet && request.port !== 0 && !(await isFree(request.port, request.host))) {
    throw new OpsConfigError([
      `PORT: ${request.port} is taken by another program; choose another or stop that program`,
    ]);
  }
  const http =
    request.port === 0 ? await anyFreePort(request.host) : await freePortFrom(request.port, request.host);
  const postgres = await freePortFrom(5433);
  const temporal = await freePortFrom(7233);
  const temporalUi = await freePortFrom(8233, '127.0.0.1', [temporal]);
  return { http, postgres, temporal, temporalUi };
}
