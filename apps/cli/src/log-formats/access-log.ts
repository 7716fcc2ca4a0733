import type { LogFormat } from './log-format';
import { matchDateTime } from './match-time';

const FRONT = /^(?:([\w.-]{1,200}:\d{1,5}) )?([\w.:%-]{1,200}) (\S{1,200}) ([^[\]]{1,200}) \[/;
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const REST = new RegExp(String.raw`\] ${QUOTED} (\d{3}) (\d+|-)(?: ${QUOTED} ${QUOTED})?`, 'y');
const REQUEST = /^([A-Z]{1,20}) (\S+)(?: HTTP\/\S+)?$/;

/** Apache's and nginx's common and combined formats, with or without the virtual host first. */
export const accessLog: LogFormat = {
  name: 'access-log',
  isStrict: true,
  parse(line) {
    const front = FRONT.exec(line);
    if (front === null) return undefined;
    const time = matchDateTime(line, front[0].length);
    if (time === undefined) return undefined;
    REST.lastIndex = time.end;
    const rest = REST.exec(line);
    if (rest === null) return undefined;
    const [, request = '', status = '', bytes = '-', referer, agent] = rest;
    const [, virtualHost, client, identity = '-', user = '-'] = front;
    const [, method, path] = REQUEST.exec(request) ?? [];
    const extra = line.slice(REST.lastIndex).trim();
    const context = {
      virtual_host: virtualHost,
      client,
      identity: given(identity),
      user: given(user),
      method,
      path,
      status: Number(status),
      bytes: bytes === '-' ? undefined : Number(bytes),
      referer: given(referer),
      user_agent: given(agent),
      extra: extra === '' ? undefined : extra,
    };
    return { time: time.time, level: levelOf(status), message: `"${request}" ${status} ${bytes}`, context };
  },
};

function levelOf(status: string): string {
  return status.startsWith('5') ? 'error' : status.startsWith('4') ? 'warn' : 'info';
}

function given(value: string | undefined): string | undefined {
  return value === '-' ? undefined : value;
}
