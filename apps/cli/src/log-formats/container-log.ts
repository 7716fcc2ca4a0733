import type { LogFormat } from './log-format';
import { matchDateTime } from './match-time';

const CRI = / (stdout|stderr) ([FP])(?: |$)/y;

/** The container runtime interface's files under /var/log/pods: time, stream, whole or partial, the line itself. */
export const criLog: LogFormat = {
  name: 'cri',
  isStrict: true,
  parse(line) {
    const time = matchDateTime(line, 0);
    if (time === undefined) return undefined;
    CRI.lastIndex = time.end;
    const match = CRI.exec(line);
    if (match === null) return undefined;
    return {
      time: time.time,
      message: line.slice(CRI.lastIndex),
      context: { stream: match[1] },
      isWrapped: true,
    };
  },
};

const COMPOSE = /^([\w.-]{1,100}) +\| ?/;

/** `docker compose logs`: the container's name and a bar before each line. Loose: tables look like this too. */
export const composeLog: LogFormat = {
  name: 'docker-compose',
  isStrict: false,
  parse(line) {
    const match = COMPOSE.exec(line);
    if (match === null || /^\d+$/.test(match[1] ?? '')) return undefined;
    return { service: match[1], message: line.slice(match[0].length), context: {}, isWrapped: true };
  },
};
