import { accessLog } from './access-log';
import { clusterLog } from './cluster-log';
import { composeLog, criLog } from './container-log';
import { jsonLines } from './json-lines';
import { klog } from './klog';
import type { LogFormat } from './log-format';
import { logcat } from './logcat';
import { logfmt } from './logfmt';
import { syslogRfc3164, syslogRfc5424 } from './syslog';
import { levelFirst, prefixedTime, timestamped, timestampedLoosely } from './timestamped';

/** Every format, the most particular first: where two fit a line, the earlier one is meant. A new format is one file and one line here. */
export const ALL_FORMATS: readonly LogFormat[] = [
  jsonLines,
  syslogRfc5424,
  clusterLog,
  criLog,
  klog,
  logcat,
  accessLog,
  logfmt,
  syslogRfc3164,
  timestamped,
  levelFirst,
  composeLog,
  timestampedLoosely,
  prefixedTime,
];

/** Fits no format: the time of arrival and a guessed level. */
export const PLAIN = 'plain';
