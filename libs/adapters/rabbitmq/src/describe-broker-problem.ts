/** What is wrong between us and the broker, in words for a person, and what that person can do. */
export interface BrokerProblem {
  readonly text: string;
  readonly advice: string;
}

const PROBLEMS: readonly (BrokerProblem & { readonly sign: RegExp })[] = [
  {
    sign: /ACCESS[_-]REFUSED.*(login|authentication)|Login was refused/i,
    text: 'the broker refuses the user name or the password',
    advice: 'put a valid user and password into QUEUE_URL and restart, or give the user that password again',
  },
  {
    sign: /ACCESS[_-]REFUSED/i,
    text: 'the broker does not permit this user to use the queues',
    advice: 'give the user configure, write and read permissions on the virtual host of QUEUE_URL',
  },
  {
    sign: /PRECONDITION[_-]FAILED.*(inequivalent|invalid|unknown).* arg/i,
    text: 'a queue or exchange of this name exists already with other arguments',
    advice:
      'drain and delete the one that the cause names, or set QUEUE_NAME_PREFIX so that OpsPilot declares its own',
  },
  {
    sign: /PRECONDITION[_-]FAILED.*larger than/i,
    text: 'a message is larger than the broker takes',
    advice: 'raise max_message_size in rabbitmq.conf to 16 MiB at least',
  },
  {
    sign: /NOT[_-]ALLOWED.*vhost|vhost .* not found/i,
    text: 'the virtual host of QUEUE_URL does not exist or is closed to this user',
    advice: 'create it with rabbitmqctl add_vhost and give the user permissions on it, or correct QUEUE_URL',
  },
  {
    sign: /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/,
    text: 'the broker does not answer at the address of QUEUE_URL',
    advice: 'start it, or correct host and port; it is tried again until it answers',
  },
  {
    sign: /certificate|self[- ]signed|SSL|TLS/i,
    text: 'no secure connection to the broker can be made',
    advice: 'check the certificate of the broker, and NODE_EXTRA_CA_CERTS where it is your own authority',
  },
  {
    sign: /no queue|NOT[_-]FOUND/i,
    text: 'a queue was deleted while it was in use',
    advice: 'nothing: it is declared again; what was in it is gone with it',
  },
];

const NAMED_BY_CAUSE = 'the one that the cause names';
/** As the broker names what it speaks of. */
const NAMED = /(?:queue|exchange) '[^']+'/;

const OTHER: BrokerProblem = {
  text: 'the connection to the broker is interrupted',
  advice: 'nothing at first: it is made again; if it stays so, read the log of the broker',
};

/** Judged by the broker's own words, for its client gives most of these errors no code. */
export function describeBrokerProblem(error: unknown): BrokerProblem {
  const words = textOf(error);
  const { text, advice } = PROBLEMS.find(({ sign }) => sign.test(words)) ?? OTHER;
  // A health check shows no cause.
  return { text, advice: advice.replace(NAMED_BY_CAUSE, NAMED.exec(words)?.[0] ?? NAMED_BY_CAUSE) };
}

/** Sent by the broker as connection.blocked: `reason` is such as "low on memory". */
export function describeBlockedBroker(reason: string): BrokerProblem {
  return {
    text: `the broker takes no messages: ${reason}`,
    advice: 'free memory or disk space on the machine of the broker, or raise its watermark',
  };
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  const inner = error instanceof AggregateError ? error.errors.map(textOf).join(' ') : '';
  return `${code} ${error.message} ${inner}`;
}
