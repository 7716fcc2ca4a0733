// OpenSearch's official minimal distribution, which Maven Central has.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, readdirSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cached } from './cache.mjs';
import { answersHttp } from './ports.mjs';
import { findProgram, runTool } from './run-tool.mjs';

const RELEASES = [
  {
    version: '3.4.0',
    java: 21,
    sha256: '6540e95fe8bfaedc3eb1c58e829912ea2203af2ac1f88f76411c20a2fc5254a6',
  },
  {
    version: '2.19.3',
    java: 17,
    sha256: '760530e522de0a9f06380d4a4a43dfd83c31fa8911f41745513ce715ed5dfd03',
  },
];
const MAVEN_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
const HEAP = '512m';

export const opensearch = {
  name: 'opensearch',
  title: 'OpenSearch',
  ports: ['http', 'transport'],

  async obtain(report) {
    const javas = findJavas();
    const release = RELEASES.find(({ java }) => javas.some(({ major }) => major >= java));
    if (release === undefined)
      throw new Error('needs Java 21 or later (or 17, for an older release): install it, or set JAVA_HOME');
    const java = javas.find(({ major }) => major >= release.java);
    const home = await cached(`opensearch-${release.version}`, (folder) =>
      download(release, java, folder, report),
    );
    return { version: release.version, home, javaHome: java.home };
  },

  async prepare({ folder, ports, installation }) {
    const config = path.join(folder, 'config');
    await mkdir(path.join(config, 'jvm.options.d'), { recursive: true });
    await rm(temporaryFolder(folder), { recursive: true, force: true });
    await mkdir(temporaryFolder(folder));
    await copyFile(
      path.join(installation.home, 'config/log4j2.properties'),
      path.join(config, 'log4j2.properties'),
    );
    await writeFile(path.join(config, 'jvm.options'), jvmOptions(installation.home));
    const settings = {
      'cluster.name': 'opspilot',
      'discovery.type': 'single-node',
      'network.host': '127.0.0.1',
      'http.port': ports.http,
      'transport.port': ports.transport,
      'path.data': path.join(folder, 'data'),
      'path.logs': path.join(folder, 'log'),
      // A machine that runs tests may be nearly full; by percentages it would count as full.
      'cluster.routing.allocation.disk.watermark.low': '1gb',
      'cluster.routing.allocation.disk.watermark.high': '500mb',
      'cluster.routing.allocation.disk.watermark.flood_stage': '250mb',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    // What somebody wants besides in this folder, such as a test of a small queue.
    const extra = path.join(folder, 'extra.yml');
    if (existsSync(extra)) lines.push(readFileSync(extra, 'utf8'));
    await writeFile(path.join(config, 'opensearch.yml'), `${lines.join('\n')}\n`);
  },

  processes: [
    {
      name: 'opensearch',
      program: ({ folder, installation }) => ({
        command: path.join(installation.home, 'bin/opensearch'),
        args: [],
        environment: {
          OPENSEARCH_JAVA_HOME: installation.javaHome,
          OPENSEARCH_PATH_CONF: path.join(folder, 'config'),
          OPENSEARCH_JAVA_OPTS: `-Xms${HEAP} -Xmx${HEAP}`,
          // Else its script makes one in /tmp at every start, and leaves it there.
          OPENSEARCH_TMPDIR: temporaryFolder(folder),
          JDK_JAVA_OPTIONS: `-XX:-UsePerfData ${javaWord(`-Djava.io.tmpdir=${temporaryFolder(folder)}`)}`,
        },
      }),
    },
  ],

  isReady: ({ ports }) =>
    answersHttp(`http://127.0.0.1:${ports.http}/_cluster/health?wait_for_status=yellow&timeout=1s`, {
      successOnly: true,
    }),
  url: ({ ports }) => `http://127.0.0.1:${ports.http}`,
};

const temporaryFolder = (folder) => path.join(folder, 'tmp');

/** A text as one word of JDK_JAVA_OPTIONS, whatever it holds: there is no way to escape a quote but the other quote. */
const javaWord = (text) =>
  text
    .split('"')
    .map((part) => `"${part}"`)
    .join(`'"'`);

/**
 * Those of the distribution, without files that it would write into its own folder, and without its temporary folder: the
 * distribution's script takes a blank in it for the end of an option.
 */
function jvmOptions(home) {
  const lines = readFileSync(path.join(home, 'config/jvm.options'), 'utf8').split('\n');
  return lines
    .filter(
      (line) => !/logs\/|HeapDumpPath|HeapDumpOnOutOfMemoryError|PrintGC|GCLog|java\.io\.tmpdir/.test(line),
    )
    .join('\n');
}

/** All that are installed, lowest version first: the nearest above what a release asks for has been tried with it most. */
function findJavas() {
  const places = [process.env.JAVA_HOME, ...namesIn('/usr/lib/jvm'), ...namesIn('/opt')].filter(Boolean);
  const found = places.flatMap((home) => {
    const release = path.join(home, 'release');
    const runs = existsSync(path.join(home, 'bin/java')) && existsSync(release);
    const major = runs ? /^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))?.[1] : undefined;
    return major === undefined ? [] : [{ home, major: Number(major) }];
  });
  return found.sort((a, b) => a.major - b.major);
}

function namesIn(folder) {
  return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
}

async function download({ version, sha256 }, java, folder, report) {
  const maven = findProgram('mvn');
  if (maven === undefined)
    throw new Error('is obtained with Maven, which is not installed (Debian: apt-get install maven)');
  report.say(`getting ${version} with Maven, about 130 MB`);
  const artifact = `org.opensearch.distribution.integ-test-zip:opensearch:${version}:zip`;
  await runTool(maven, ['-q', '-B', MAVEN_COPY, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`], {
    onLine: report.passing,
  });
  const archive = path.join(folder, `opensearch-${version}.zip`);
  await checkSum(archive, sha256);
  report.say(`unpacking ${version}`);
  const unzip = findProgram('unzip');
  if (unzip !== undefined) await runTool(unzip, ['-q', archive, '-d', folder]);
  else await runTool('sh', ['-c', 'cd "$1" && exec "$2/bin/jar" -xf "$3"', 'sh', folder, java.home, archive]);
  const home = path.join(folder, `opensearch-${version}`);
  // jar does not know who may run what.
  for (const script of namesIn(path.join(home, 'bin'))) await chmod(script, 0o755);
  return home;
}

async function checkSum(file, sha256) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found !== sha256)
    throw new Error(`${path.basename(file)} is not the one expected: its SHA-256 is ${found}`);
}
