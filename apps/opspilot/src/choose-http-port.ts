import { OpsConfigError } from '../../../libs/config/src/config-error';
import { toListenProblem } from '../../../libs/http/src/listen-problem';
import { anyFreePort, freePortFrom, isFree } from './free-port';

export interface WantedPort {
  readonly host: string;
  readonly port: number;
  /** Whether somebody asked for it by name. */
  readonly isSet: boolean;
}

/**
 * A port that was asked for by name is what people will type, so it must be free; and somebody must be able to listen at the host.
 * Errors: OpsConfigError where that is not so.
 */
export async function requirePort(wanted: WantedPort): Promise<void> {
  const place = { HOST: wanted.host, PORT: wanted.port };
  const isAny = !wanted.isSet || wanted.port === 0;
  const isFound = isAny ? anyFreePort(wanted.host).then(() => true) : isFree(wanted.port, wanted.host);
  const isToBeHad = await isFound.catch((error: NodeJS.ErrnoException) => {
    throw toListenProblem(error, place);
  });
  if (!isToBeHad)
    throw new OpsConfigError([
      `PORT: ${wanted.port} is taken by another program; choose another or stop that program`,
    ]);
}

/** The wanted port, or by default the next free one. Asked for just before listening: starting may have taken minutes. */
export async function chooseHttpPort(wanted: WantedPort): Promise<number> {
  await requirePort(wanted);
  return wanted.port === 0 ? anyFreePort(wanted.host) : freePortFrom(wanted.port, wanted.host);
}
