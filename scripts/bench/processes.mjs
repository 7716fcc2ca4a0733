// CPU and memory of processes, from /proc (Linux).
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import { foreignShare } from './statistics.mjs';

/** Linux reports CPU time to programs in hundredths of a second, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of these processes, their descendants, and the children that they have waited for. */
function cpuSeconds(pids) {
  return [...withDescendants(pids)].reduce((sum, pid) => sum + ticksOf(pid), 0) / TICKS_PER_SECOND;
}

/** Largest resident memory so far of one process, in MB. */
export function peakMemoryMb(pid) {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

/** Resident memory now, in MB. */
export function memoryMb(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

/** The process that listens on this TCP port of this machine; undefined where none of ours may be looked at. */
export function listenerOf(port) {
  const wanted = Number(port).toString(16).toUpperCase().padStart(4, '0');
  const inodes = ['tcp', 'tcp6'].flatMap((table) =>
    read(`/proc/net/${table}`)
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((cells) => cells[1]?.endsWith(`:${wanted}`) && cells[3] === '0A')
      .map((cells) => `socket:[${cells[9]}]`),
  );
  return processIds().find((pid) => openFiles(pid).some((file) => inodes.includes(file)));
}

/** Watches the machine: `groups` are process ids by name. `stop` returns CPU seconds by name and the share of others. */
export function watchCpu(groups) {
  const ownPids = [process.pid, ...Object.values(groups).flat()];
  const before = { machine: machineSeconds(), own: cpuSeconds(ownPids), at: performance.now() };
  const byGroup = mapValues(groups, cpuSeconds);
  return {
    stop() {
      const seconds = (performance.now() - before.at) / 1000;
      return {
        seconds,
        cpu: mapValues(groups, (pids, name) => cpuSeconds(pids) - byGroup[name]),
        foreign: foreignShare({
          machine: machineSeconds() - before.machine,
          own: cpuSeconds(ownPids) - before.own,
          capacity: seconds * os.availableParallelism(),
        }),
      };
    },
  };
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]));
}

/** Of the cores that this process may use: what others do on the rest of the machine disturbs little. */
function machineSeconds() {
  const cores = allowedCores();
  return (
    read('/proc/stat')
      .split('\n')
      .map((line) => /^cpu(\d+) (.*)/.exec(line))
      .filter((match) => match !== null && cores.has(Number(match[1])))
      .map(([, , times]) => times.split(' ').map(Number))
      .reduce(
        (sum, [user, nice, system, , , irq, softIrq]) => sum + user + nice + system + irq + softIrq,
        0,
      ) / TICKS_PER_SECOND
  );
}

/** Written as `0-1,4`. */
function allowedCores() {
  const [, list] = /^Cpus_allowed_list:\s+(\S+)/m.exec(read('/proc/self/status')) ?? [];
  const ranges = (list ?? '').split(',').map((range) => range.split('-').map(Number));
  return new Set(
    ranges.flatMap(([first, last = first]) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    ),
  );
}

function withDescendants(pids) {
  const children = new Map();
  for (const pid of processIds()) {
    const parent = statOf(pid)?.[1];
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = new Set();
  const add = (pid) => {
    if (found.has(pid)) return;
    found.add(pid);
    for (const child of children.get(String(pid)) ?? []) add(child);
  };
  pids.map(Number).forEach(add);
  return found;
}

/** Its own, and what the children took that it has waited for. */
function ticksOf(pid) {
  const stat = statOf(pid);
  return stat === undefined ? 0 : stat.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}

/** The fields behind the name, which may have spaces and brackets in it: state, parent, … */
function statOf(pid) {
  const text = read(`/proc/${pid}/stat`);
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function processIds() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function openFiles(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
  } catch {
    // Another user's process, or one that has ended.
    return [];
  }
}

function readLink(file) {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

/** Empty where the process has ended. */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
