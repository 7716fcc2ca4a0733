import { noCounts } from '../log-reader/source-record';
import { describeProgress } from './send-progress';
import { isComplete, type RunSummary, toSummaryJson, toSummaryText } from './send-summary';

const FILE = {
  name: 'app.log',
  read: {
    ...noCounts(),
    lines: 10,
    records: 7,
    joined: 2,
    blank: 2,
    pieces: 1,
    byFormat: new Map([['json', 7]]),
  },
  problem: undefined,
  hasGuessedZone: true,
  hasGuessedYear: false,
};
const RUN: RunSummary = {
  files: [FILE],
  sent: { accepted: 7, rejected: 0, notSent: 0, batches: 1, retries: 2 },
  rejections: [],
  failure: undefined,
  isDryRun: false,
  isInterrupted: false,
  seconds: 1.5,
  timezone: 'UTC',
};

describe('the summary of a run', () => {
  it('is complete only where everything was read and accepted', () => {
    const incomplete: readonly Partial<RunSummary>[] = [
      { isInterrupted: true },
      { failure: 'HTTP 401' },
      { files: [{ ...FILE, problem: 'cannot be read' }] },
      { sent: { ...RUN.sent, rejected: 1 } },
      { sent: { ...RUN.sent, notSent: 1 } },
    ];
    expect(isComplete(RUN)).toBe(true);
    expect(incomplete.map((change) => isComplete({ ...RUN, ...change }))).toEqual(
      incomplete.map(() => false),
    );
  });

  it('says how the lines add up', () => {
    expect(toSummaryText(RUN)).toBe(
      [
        'app.log: 10 lines = 6 records + 2 joined + 2 blank; 1 further record from lines too long for one (json 7)',
        '7 accepted, 0 rejected, 0 not sent; 1 batch, 2 retries, 1.5 s',
        '  times without a zone were read as UTC (--timezone)',
      ].join('\n'),
    );
    expect(toSummaryJson(RUN)).toMatchObject({
      complete: true,
      lines: 10,
      records: 7,
      joined: 2,
      blank: 2,
      pieces: 1,
      accepted: 7,
    });
  });

  it('lets no name of a file steer the terminal', () => {
    const name = 'a\u001B[31m.log';
    const rejections = [{ place: `${name}:1`, reason: 'is empty' }];
    const state = { name, lines: 1, accepted: 1, retries: 0, bytesRead: 1, sizeBytes: undefined };
    const texts = [
      toSummaryText({ ...RUN, files: [{ ...FILE, name }], rejections }),
      describeProgress(state, 1000),
    ];
    for (const text of texts) expect(text).not.toContain('\u001B');
  });

  it('lets nothing that a server said steer the terminal', () => {
    const text = toSummaryText({
      ...RUN,
      rejections: [{ place: 'app.log:3', reason: 'bad \u001B[2J\u009B0m' }],
      failure: '\u0007',
    });
    // eslint-disable-next-line no-control-regex -- controls are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
  });
});
