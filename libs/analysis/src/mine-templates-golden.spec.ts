import { TemplateMiner } from './mine-templates';

type Golden = readonly [what: string, lines: readonly string[], templates: readonly string[]];

const GOLDEN: readonly Golden[] = [
  [
    'numbers and identifiers are values, however they look',
    ['core 7 parked', 'core 1f parked', 'core a9c2e5d1 parked'],
    ['3 core <id> parked'],
  ],
  [
    'few words tell events apart, many at one place are values',
    [
      ...['opened', 'closed'].map((what) => `valve was ${what} by the operator`),
      ...['milk', 'bread', 'rice', 'salt', 'tea'].map((what) => `the shelf ran out of ${what} again`),
    ],
    [
      '1 valve was closed by the operator',
      '1 valve was opened by the operator',
      '5 the shelf ran out of <name> again',
    ],
  ],
  [
    'after a noun for a thing, three names are values',
    ['ada', 'bob', 'cyd'].map((who) => `ticket sold to user ${who} at the gate`),
    ['3 ticket sold to user <name> at the gate'],
  ],
  [
    'participles are events, even five of them',
    ['created', 'started', 'paused', 'resumed', 'stopped', 'removed'].map(
      (what) => `pump ${what} by the guard`,
    ),
    ['created', 'started', 'paused', 'resumed', 'stopped', 'removed'].map(
      (what) => `1 pump ${what} by the guard`,
    ),
  ],
  [
    'upper-case constants and exceptions are events',
    [
      'lane set to MERGE_LEFT',
      'lane set to MERGE_RIGHT',
      'failed: io.net.TimeoutException',
      'failed: io.net.ClosedException',
    ],
    [
      '1 failed: io.net.ClosedException',
      '1 failed: io.net.TimeoutException',
      '1 lane set to MERGE_LEFT',
      '1 lane set to MERGE_RIGHT',
    ],
  ],
  [
    'upper-case constants are events even where there are many',
    ['GET', 'PUT', 'POST', 'HEAD', 'PATCH', 'DELETE'].map((verb) => `door ${verb} was asked for`),
    ['GET', 'PUT', 'POST', 'HEAD', 'PATCH', 'DELETE'].map((verb) => `1 door ${verb} was asked for`),
  ],
  [
    'whether something failed is no value, whatever else may happen',
    ['queued', 'runs', 'waits', 'rests', 'sleeps', 'failed'].map((state) => `batch state=${state} seen`),
    ['1 batch state=failed seen', '5 batch state=<name> seen'],
  ],
  [
    'two words in brackets are one value',
    ['read', 'write', 'read write', 'seek', 'stat', 'map'].map(
      (what) => `gate denied { ${what} } to the guest`,
    ),
    ['6 gate denied { <name> } to the guest'],
  ],
  [
    'what is called or located is named in the code',
    ['*** info [mice.c(17)]:', '*** info [rats.c(23)]:'],
    ['1 *** info [mice.c(<num>)]:', '1 *** info [rats.c(<num>)]:'],
  ],
  [
    'one odd value among many words makes no variable',
    [...Array.from({ length: 19 }, () => 'lease tty=NODE taken'), 'lease tty=a7 taken'],
    ['1 lease tty=a<num> taken', '19 lease tty=NODE taken'],
  ],
  [
    'a first word names the component: it takes more of them to be a value',
    ['cupsd', 'syslogd', 'klogd', 'portmap', 'hcid', 'sdpd'].map((what) => `${what} startup succeeded`),
    ['cupsd', 'syslogd', 'klogd', 'portmap', 'hcid', 'sdpd'].map((what) => `1 ${what} startup succeeded`),
  ],
  [
    'a boolean is no value',
    ['cache warm=true size=5', 'cache warm=false size=7', 'cache warm=true size=9'],
    ['1 cache warm=false size=<num>', '2 cache warm=true size=<num>'],
  ],
  [
    'lists are one value, however long',
    [
      'evict keys 17, 4, 23',
      'evict keys 5',
      'evict keys 8, 9',
      'copy to 10.0.0.1:80 10.0.0.2:80',
      'copy to 10.0.0.3:80',
    ],
    ['2 copy to <*>', '3 evict keys <*>'],
  ],
  [
    'a number and its unit are one value',
    [
      'wrote 1.5 KB to disk',
      'wrote 800 B to disk',
      'waited 3 s',
      'waited 5 minutes',
      'slept <1 sec',
      'slept 00:17',
    ],
    ['2 slept <*>', '2 waited <duration>', '2 wrote <size> to disk'],
  ],
  [
    'values of a key may be words, names, structures or missing',
    [
      'grant owner=root scope=a.b.c',
      'grant owner=com.example.shop scope=a.b.d',
      'grant owner=Proc{pid=5} scope=a.b.e',
      'grant owner= scope=a.b.f',
    ],
    ['4 grant owner=<id> scope=a.b.<name>'],
  ],
  [
    'an empty pair of brackets is a missing value',
    ['peer 10.0.0.7 () joined', 'peer 10.0.0.8 (alpha.example.org) joined'],
    ['2 peer <ip> (<name>) joined'],
  ],
  [
    'names with dots and paths are values, but for what they share',
    ['load io.shop.Cart first', 'load io.shop.Till first', 'read /srv/a.txt', 'read /srv/b.txt'],
    ['2 load io.shop.<name> first', '2 read <path>'],
  ],
  [
    'the same words with other spacing come from elsewhere in the code',
    ['mode: on', 'mode:on'],
    ['1 mode: on', '1 mode:on'],
  ],
  [
    'a message of nothing but values keeps its look',
    ['12:30:01', '17', '8', '##'],
    ['1 ##', '1 <time>', '2 <num>'],
  ],
  [
    'what is printed in several lines goes by its first',
    ['\n  job 7 died\n  at a.ts:1', 'job 8 died\n at b.ts:2'],
    ['2 job <num> died'],
  ],
];

it.each(GOLDEN)('TemplateMiner: %s', (_what, lines, templates) => {
  const miner = new TemplateMiner();
  for (const line of lines) miner.add(line);
  const found = miner.templates().map(({ count, text }) => `${count} ${text}`);
  expect(found.sort()).toEqual([...templates].sort());
});
