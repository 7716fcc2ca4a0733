import TestSequencer from '@jest/test-sequencer';

// Loaded as CommonJS from an ES module: the class is its default's default.
const Sequencer = TestSequencer.default ?? TestSequencer;

/** Those that play an outage or start many processes take minutes: begun last, they would run alone. */
const LONGEST = [
  'store-faults.e2e',
  'demo.e2e',
  'readme.e2e',
  'boot.e2e',
  'engine-faults.e2e',
  'send-files.e2e',
  'embedded-mode.e2e',
  '.e2e.',
  'test/replay/',
  '.spec.ts',
];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => LONGEST.findIndex((part) => path.includes(part));
    return [...tests].sort((one, other) => rank(one) - rank(other) || one.path.localeCompare(other.path));
  }
}
