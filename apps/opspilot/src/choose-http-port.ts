import { OpsConfigError } from '../../../libs/config/src/config-error';
import { toListenProblem } from '../../../libs/http/src/listen-problem';
import { type HeldPort, holdPort, holdPortFrom } from './free-port';

export interface WantedPort {
  readonly host: string;
  readonly port: number;
  /** Whether somebody asked for it by name. */
  readonly isSet: boolean;
}

/** Errors: as holdHttpPort. */
export async function requirePort(wanted: WantedPort): Promise<void> {
  await (await holdHttpPort(wanted)).letGo();
}

/**
 * The wanted port, or by default the next free one. Held until the roles are made and listen, which takes seconds: others look for a
 * free port as well. One that was asked for by name is what people will type, so it must be free; and somebody must be able to
 * listen at the host. Errors: OpsConfigError where that is not so.
 */
export async function holdHttpPort({ host, port, isSet }: WantedPort): Promise<HeldPort> {
  const holding = isSet || port === 0 ? holdPort(port, host) : holdPortFrom(port, host);
  const held = await holding.catch((error: NodeJS.ErrnoException) => {
    throw toListenProblem(error, { HOST: host, PORT: port });
  });
  if (held !== undefined) return held;
  throw new OpsConfigError([
    `PORT: ${port} is taken by another program; choose another or stop that program`,
  ]);
}
