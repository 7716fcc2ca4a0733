import { OpsConfigError } from '../../config/src/config-error';
import type { Config } from '../../config/src/load-config';

type Place = Pick<Config, 'HOST' | 'PORT'>;

/** Why nobody can listen there, by the system's code. */
const CANNOT_LISTEN: Readonly<Record<string, (place: Place) => string>> = {
  EADDRINUSE: ({ PORT }) =>
    `PORT: is ${PORT}, where another program listens: choose another, or stop that program`,
  EACCES: ({ PORT }) => `PORT: is ${PORT}, which the system keeps for others: choose one above 1023`,
  EADDRNOTAVAIL: ({ HOST }) =>
    `HOST: is ${HOST}, no address of this machine: 127.0.0.1 is for this machine alone, 0.0.0.0 for all`,
  ENOTFOUND: ({ HOST }) => `HOST: is ${HOST}, neither an address nor a name that the system knows`,
  EAI_AGAIN: ({ HOST }) => `HOST: is ${HOST}, a name that cannot be looked up now: name an address`,
};

/** What kept us from listening, in words that name the variable to mend where one is at fault; else the error itself. */
export function toListenProblem(error: NodeJS.ErrnoException, place: Place): Error {
  const problem = CANNOT_LISTEN[error.code ?? ''];
  return problem === undefined ? error : new OpsConfigError([problem(place)]);
}
