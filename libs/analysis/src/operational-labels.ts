import type { PatternLabelRule } from './label-pattern';

/** What troubles of running services have in common, whatever wrote the message. Projects put their own rules beside these. */
export const OPERATIONAL_LABELS: readonly PatternLabelRule[] = [
  rule(
    'connection-timeout',
    'etimedout | connect* time* out | connect* timeout | timeout connect* | timed out connect* ' +
      '| timeout acquiring connection | connection .. timed out | time* out .. connect* | timeout .. connect* ' +
      '| connect* .. timeout | connection attempt failed .. timeout | i o timeout | server selection timed out',
    'timeout set to',
  ),
  rule('timeout', 'timed out | timeout | timeouts | deadline exceeded | time out', 'timeout set to'),
  rule(
    'connection-refused',
    'connection refused | econnrefused | connect* refused | refused connection | refused to connect | actively refused',
  ),
  rule(
    'connection-reset',
    'connection reset | econnreset | broken pipe | epipe | reset by peer | socket hang up | ' +
      'connection aborted | unexpected eof | severed | closed .. connection unexpectedly | connection closed unexpectedly | ' +
      'prematurely closed connection | lost connection | connection .. lost | transport is closing',
  ),
  rule(
    'dns-failure',
    'enotfound | eai again | getaddrinfo | unknown host* | no such host | name resolution | ' +
      'could not resolve | name or service not known | nxdomain | dns fail* | dns error* | dns ' +
      'lookup | servfail | reverse mapping checking | dns resol* fail* | host not found | could not translate host name',
  ),
  rule(
    'network-unreachable',
    'no route to host | network unreachable | host unreachable | network is unreachable | ' +
      'ehostunreach | enetunreach',
  ),
  rule(
    'slow-query',
    'slow query | slow sql | slow statement | long running query | query took | slow log | query time .. lock time | ' +
      'duration .. statement | duration .. execute | query exceeded | query is slow',
  ),
  rule(
    'high-latency',
    'high latency | latency above | latency exceed* | slow response | slow request | response ' +
      'time exceed* | took too long | latency .. above | request took .. above | request took .. limit | latency is high',
  ),
  rule(
    'token-limit',
    'context length | maximum context | token limit | max tokens | too many tokens | context ' +
      'window | tokens exceed* | prompt is too long | context limit',
  ),
  rule(
    'rate-limit',
    'rate limit* | ratelimit* | too many requests | throttl* | quota exceeded | http 429 | ' +
      'status 429 | slow down | limiting requests | rate exceeded | resource exhausted .. quota',
  ),
  rule(
    'auth-failure',
    'authentication fail* | auth fail* | failed password | login fail* | failed login | ' +
      'unauthorized | unauthenticated | invalid credential* | invalid password | bad password | ' +
      'invalid user | authentication error | couldn t authenticate | could not authenticate | ' +
      'user unknown | invalid username | username or password | invalid api key | incorrect api key | wrongpass | ' +
      'access denied for user',
  ),
  rule(
    'permission-denied',
    'permission denied | access denied | forbidden | eacces | eperm | not permitted | avc ' + 'denied',
  ),
  rule(
    'invalid-token',
    'invalid token | token expired | expired token | token has expired | jwt expired | invalid ' +
      'jwt | invalid signature | token invalid | bad token | token revoked | token .. revoked | token is expired | ' +
      'token is invalid | token is not valid | invalid csrf | jwt malformed | token .. expired',
  ),
  rule(
    'disk-space',
    'no space left | enospc | disk full | disk space | low disk | disk quota exceeded | ' +
      'filesystem full | file system full | out of disk | disk is full | filesystem .. is full | file system .. is full | ' +
      'disk watermark | disk usage exceed* | disk usage above | disk almost full',
  ),
  rule(
    'disk-error',
    'i o error | input output error | disk error | bad sector | read only file system | buffer ' +
      'i o error | medium error | smart error',
  ),
  rule(
    'service-unavailable',
    'service unavailable | http 503 | status 503 | bad gateway | gateway timeout | upstream ' +
      'connect error | no healthy upstream | temporarily unavailable | backend unavailable | no ' +
      'live upstreams | backend .. unavailable | service .. unavailable | code unavailable | circuit breaker .. open',
  ),
  rule(
    'out-of-memory',
    'out of memory | oom | oom killed | oom killer | cannot allocate memory | enomem | heap ' +
      'space | memory exhausted | heap out of memory | memory allocation failed | page allocation ' +
      'failure | unable to allocate | memory limit exceeded | heap limit',
  ),
  rule('deadlock', 'deadlock* | lock wait timeout | could not serialize | lock timeout'),
  rule(
    'certificate',
    'certificate expired | certificate has expired | certificate verify | x509 | certificate is ' +
      'not valid | certificate not yet valid | self signed certificate | unable to verify the ' +
      'first certificate | tls handshake | ssl handshake | certificate will expire | certificate ' +
      'expires | certificate .. expires in | certificate .. expired | cert expired | cert has expired | local issuer certificate | ' +
      'certification path | self signed cert | certificate unknown',
  ),
  rule(
    'crash-loop',
    'crash loop* | crashloop* | back off restarting | restarting failed container | start ' +
      'request repeated too quickly | restart* too | exited too often | restart counter',
  ),
  rule(
    'crash',
    'segmentation fault | segfault | core dumped | kernel panic | panic | sigsegv | sigabrt | ' +
      'fatal error | exited abnormally | has died | unhandled exception | uncaught exception | ' +
      'machine check interrupt | main process exited code dumped | unhandled rejection | exited with signal | killed by signal',
  ),
  rule(
    'pool-exhausted',
    'pool exhausted | connection pool | too many connections | remaining connection slots | ' +
      'pool is empty | acquiring connection | pool timeout | too many clients | pool limit | acquiring a connection | ' +
      'connection is not available | pool is .. full',
  ),
  rule(
    'too-many-open-files',
    'too many open files | emfile | enfile | file descriptor limit | open files limit',
  ),
  rule(
    'missing-resource',
    'no such file or directory | enoent | no such table | no such column | does not exist | ' +
      'file not found | class not found | no such key',
  ),
  rule(
    'health-check-failed',
    'health check fail* | healthcheck fail* | unhealthy | liveness probe | readiness probe | ' +
      'probe failed',
  ),
  rule(
    'image-pull-failure',
    'image pull | errimagepull | err image pull | failed to pull image | imagepullbackoff',
  ),
  rule(
    'queue-backlog',
    'queue full | queue is full | backlog | consumer lag | queue overflow | backpressure | ' +
      'buffer full | buffer overflow | queue .. full | queue .. overflow | buffer is full',
  ),
  rule(
    'replication-lag',
    'replication lag | replica lag | replication delay | behind master | behind primary | behind the primary | behind the leader | ' +
      'out of sync | standby .. behind | replica .. behind',
  ),
  rule(
    'hardware-error',
    'machine check | parity error | ecc error | ddr error* | hardware error | tlb error | ' +
      'uncorrectable | correctable',
  ),
];

/** Phrases are set apart by '|'. */
function rule(label: string, anyOf: string, noneOf?: string): PatternLabelRule {
  const phrases = (text: string): readonly string[] => text.split('|').map((phrase) => phrase.trim());
  return {
    label,
    matcher: { anyOf: phrases(anyOf), ...(noneOf === undefined ? {} : { noneOf: phrases(noneOf) }) },
  };
}
