import { OpsConfigError } from '../../../libs/config/src/config-error';
import { toListenProblem } from '../../../libs/http/src/listen-problem';
import { holdPort, reservePort, reservePortFrom } from './free-port';

export interface WantedPort {
  readonly host: string;
  readonly port: number;
  /** Whether somebody asked for it by name. */
  readonly isSet: boolean;
}

export interface HttpPort {
  readonly port: number;
  /** Called right before somebody listens on it. */
  makeWay(): Promise<void>;
}

/**
 * The wanted port, or by default the next free one. Kept from others that start: until the roles are made and listen takes
 * seconds. One that was asked for by name is what people will type, so it must be free; and somebody must be able to listen at
 * the host. Errors: OpsConfigError where that is not so.
 */
export async function chooseHttpPort({ host, port, isSet }: WantedPort): Promise<HttpPort> {
  const choosing = isSet || port === 0 ? namedPort(port, host) : nextPort(port, host);
  const chosen = await choosing.catch((error: NodeJS.ErrnoException) => {
    throw toListenProblem(error, { HOST: host, PORT: port });
  });
  if (chosen !== undefined) return chosen;
  throw new OpsConfigError([
    `PORT: ${port} is taken by another program; choose another or stop that program`,
  ]);
}

async function namedPort(port: number, host: string): Promise<HttpPort | undefined> {
  if (port !== 0) return withNothingInTheWay(await reservePort(port, host));
  // Any connection may be given a port that the system picks, unless somebody listens there.
  const held = await holdPort(port, host);
  return held && { port: held.port, makeWay: held.letGo };
}

async function nextPort(port: number, host: string): Promise<HttpPort | undefined> {
  return withNothingInTheWay(await reservePortFrom(port, host));
}

const withNothingInTheWay = (reserved: { readonly port: number } | undefined): HttpPort | undefined =>
  reserved && { port: reserved.port, makeWay: () => Promise.resolve() };
