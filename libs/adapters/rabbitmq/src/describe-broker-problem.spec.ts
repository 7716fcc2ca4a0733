import { describeBlockedBroker, describeBrokerProblem } from './describe-broker-problem';

describe('describeBrokerProblem', () => {
  it.each([
    [
      'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."',
      'user name or the password',
    ],
    [
      'Channel closed by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - access to queue refused"',
      'permit this user',
    ],
    [
      `Operation failed: QueueDeclare; 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - access to queue 'logs.ingest' in vhost 'ops' refused for user 'opspilot'"`,
      'permit this user',
    ],
    [
      `Operation failed: QueueDeclare; 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'logs.ingest'"`,
      'exists already with other arguments',
    ],
    [
      '406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - message size 20 is larger than configured max size 10"',
      'larger than the broker takes',
    ],
    [
      'Handshake terminated by server: 530 (NOT-ALLOWED) with message "NOT_ALLOWED - vhost ops not found"',
      'virtual host',
    ],
    ['connect ECONNREFUSED 127.0.0.1:5672', 'does not answer'],
    ['self-signed certificate in certificate chain', 'secure connection'],
    ['Socket closed abruptly during opening handshake', 'interrupted'],
  ])('puts into plain words: %s', (message, words) => {
    const problem = describeBrokerProblem(new Error(message));
    expect(problem.text).toContain(words);
    expect(problem.advice).not.toBe('');
  });

  it('reads the errors of all addresses that were tried', () => {
    const error = new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })], '');
    expect(describeBrokerProblem(error).text).toContain('does not answer');
  });

  it('passes on which resource the broker lacks', () => {
    expect(describeBlockedBroker('low on disk').text).toContain('low on disk');
  });

  it('names the queue that is in the way, which a health check does not show otherwise', () => {
    const cause =
      "Operation failed: QueueDeclare; 406 (PRECONDITION-FAILED) with message \"PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'logs.ingest' in vhost '/': received none but current is the value '5'\"";
    expect(describeBrokerProblem(new Error(cause)).advice).toMatch(
      /^drain and delete queue 'logs\.ingest', or set QUEUE_NAME_PREFIX/,
    );
    expect(describeBrokerProblem(new Error('PRECONDITION_FAILED - inequivalent arg')).advice).toMatch(
      /^drain and delete the one that the cause names/,
    );
  });
});
