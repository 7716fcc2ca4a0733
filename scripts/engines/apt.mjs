// Debian's packages of what no other registry has.
import { runTool } from './run-tool.mjs';

const ROUNDS = 3;
const waiting = [];
let installing;

/**
 * Installs a package. Those that are asked for in the same moment are installed together: apt takes one caller at a time.
 * Errors: in plain words where this is no Debian, or the user may not install.
 */
export function aptInstall(name, report) {
  waiting.push(name);
  installing ??= Promise.resolve().then(() => {
    const names = waiting.splice(0);
    installing = undefined;
    return install(names, report);
  });
  return installing;
}

async function install(names, report) {
  if (process.getuid() !== 0)
    throw new Error(`not installed, and only root may: sudo apt-get install ${names.join(' ')}`);
  report.say(`installing Debian's ${names.join(' and ')}`);
  for (let round = 1; ; round++) {
    try {
      await apt(['install', '-y', '--no-install-recommends', ...names], report);
      return;
    } catch (error) {
      if (round === ROUNDS)
        throw new Error(
          `cannot install ${names.join(' ')}; install by hand and try again. ${error.message}`,
          {
            cause: error,
          },
        );
      // A new machine has no package lists, an old one lists of packages that are gone.
      await apt(['update'], report).catch((problem) => report.say(problem.message.split('\n')[0]));
    }
  }
}

function apt(args, report) {
  return runTool('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3', ...args], {
    // In runlevel 1 packages do not start their services, which nobody asked for, where there is no systemd.
    environment: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    onLine: report.passing,
  });
}
