import type { LogFormat } from './log-format';
import { instantFromDigits } from './source-time';
import { syslogRfc3164 } from './syslog';

/** Alert flag, seconds since 1970, date, node: how the supercomputer logs of Blue Gene/L and Thunderbird begin. */
const FRONT = /^(\S{1,40}) (\d{10}) \d{4}\.\d\d\.\d\d (\S{1,100}) /;
const RAS =
  /(\d{4}-\d\d-\d\d-\d\d\.\d\d\.\d\d\.(\d{1,9})) (\S{1,100}) (\S{1,20}) (\S{1,20}) ([A-Z]{1,20})(?: |$)/y;

/** The instant is the one in seconds: the written time is the machine's local one, of which no zone is given. */
export const clusterLog: LogFormat = {
  name: 'cluster-log',
  isStrict: true,
  parse(line) {
    const front = FRONT.exec(line);
    if (front === null) return undefined;
    const [head, flag, seconds = '', node] = front;
    const alert = flag === '-' ? undefined : flag;
    RAS.lastIndex = head.length;
    const ras = RAS.exec(line);
    if (ras !== null) {
      const [, localTime, fraction, , kind, component, level] = ras;
      const context = { alert, node, kind, logger: component, local_time: localTime };
      return {
        time: instantFromDigits(seconds, fraction),
        level,
        message: line.slice(RAS.lastIndex),
        context,
      };
    }
    const inner = syslogRfc3164.parse(line.slice(head.length));
    if (inner === undefined) return undefined;
    return { ...inner, time: instantFromDigits(seconds), context: { alert, node, ...inner.context } };
  },
};
