import type { LogFormat } from './log-format';
import { isCivilDate, isTimeOfDay } from './source-time';

const LINE =
  /^([IWEF])(?:(\d{4}))?(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?[ \t]+(\d{1,20}) ([^\s\]]{1,300}:\d{1,7})\] ?/;
const LEVELS: Readonly<Record<string, string>> = { I: 'info', W: 'warning', E: 'error', F: 'fatal' };

/** `I0102 15:04:05.123456    1 file.go:12] message`: Kubernetes' klog and Google's glog, newer ones with a year. */
export const klog: LogFormat = {
  name: 'klog',
  isStrict: true,
  parse(line) {
    const match = LINE.exec(line);
    if (match === null) return undefined;
    const [head, letter = '', yearText, ...rest] = match;
    const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest.slice(0, 5).map(Number);
    const [fraction = '', tid, source] = rest.slice(5);
    const year = yearText === undefined ? undefined : Number(yearText);
    if (!isCivilDate(year, month, day) || !isTimeOfDay(hour, minute, second)) return undefined;
    return {
      time: {
        kind: 'civil',
        year,
        month,
        day,
        hour,
        minute,
        second,
        fraction,
        offsetMinutes: undefined,
        dateOrder: 'certain',
      },
      level: LEVELS[letter],
      message: line.slice(head.length),
      context: { tid, logger: source },
    };
  },
};
