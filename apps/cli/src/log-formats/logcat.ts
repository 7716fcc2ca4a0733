import type { LogFormat } from './log-format';
import { matchDateTime } from './match-time';

/** threadtime: `1702  2395 D WindowManager: message`, the user id first where it was asked for; time: `D/WindowManager( 1702): message`. */
const THREADTIME = /(?: +[\w_]{1,20})? +(\d{1,7}) +(\d{1,7}) ([VDIWEF]) ([^:]{0,120}?) *:(?: |$)/y;
const TIME = / +([VDIWEF])\/([^(]{0,120}?) *\( *(\d{1,7})\): ?/y;
const LEVELS: Readonly<Record<string, string>> = {
  V: 'verbose',
  D: 'debug',
  I: 'info',
  W: 'warning',
  E: 'error',
  F: 'fatal',
};

/** Android's logcat in the threadtime and time layouts, with or without a year. */
export const logcat: LogFormat = {
  name: 'logcat',
  isStrict: true,
  parse(line) {
    const time = matchDateTime(line, 0);
    if (time === undefined) return undefined;
    THREADTIME.lastIndex = time.end;
    const long = THREADTIME.exec(line);
    if (long !== null) {
      const [, pid, tid, letter = '', logger] = long;
      return {
        time: time.time,
        level: LEVELS[letter],
        message: line.slice(THREADTIME.lastIndex),
        context: { pid, tid, logger },
      };
    }
    TIME.lastIndex = time.end;
    const short = TIME.exec(line);
    if (short === null) return undefined;
    const [, letter = '', logger, pid] = short;
    return {
      time: time.time,
      level: LEVELS[letter],
      message: line.slice(TIME.lastIndex),
      context: { pid, logger },
    };
  },
};
