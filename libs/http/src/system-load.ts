import { cpus, freemem, totalmem } from 'node:os';

export interface SystemLoad {
  readonly cpu_usage_percent: number;
  readonly memory_used_bytes: number;
  readonly memory_total_bytes: number;
  readonly memory_usage_percent: number;
}

interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

const LEAST_INTERVAL_MS = 500;

/** The machine's load: memory now, CPU over the time since the previous reading. */
export class SystemLoadMeter {
  private previous = readCpuTimes();
  private previousAtMs = -Infinity;
  private cpuPercent = 0;

  /** `nowMs` is monotonic; readings closer together than half a second share one CPU figure. */
  read(nowMs: number): SystemLoad {
    if (nowMs - this.previousAtMs >= LEAST_INTERVAL_MS) this.measureCpu(nowMs);
    const total = totalmem();
    const used = total - freemem();
    return {
      cpu_usage_percent: this.cpuPercent,
      memory_used_bytes: used,
      memory_total_bytes: total,
      memory_usage_percent: percent(used, total),
    };
  }

  private measureCpu(nowMs: number): void {
    const current = readCpuTimes();
    this.cpuPercent = percent(current.busy - this.previous.busy, current.total - this.previous.total);
    this.previous = current;
    this.previousAtMs = nowMs;
  }
}

function readCpuTimes(): CpuTimes {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const working = times.user + times.nice + times.sys + times.irq;
    busy += working;
    total += working + times.idle;
  }
  return { busy, total };
}

function percent(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.round((part / whole) * 1000) / 10;
}
