import type { Channel } from '../../core/src/notify/channel';
import type { Notification, Notifier } from '../../core/src/notify/notifier.port';

/** What a destination may do with a message. */
export type DestinationReaction = 'takes' | 'refuses' | 'is_overloaded' | 'fails' | 'is_silent';

export interface NotifierSubject {
  readonly notifier: Notifier;
  /** Leads to a destination whose reactions the test decides. */
  readonly channel: Channel;
  /** Leads to nobody. */
  readonly deadChannel: Channel;
  /** What may stand in no reason: parts of both channels' addresses and secrets. */
  readonly secrets: readonly string[];
  /** What the destination does with the next message. */
  next(reaction: DestinationReaction): void;
  /** The ids under which messages have arrived since the start. */
  arrived(): readonly string[];
  end(): Promise<void>;
}

/** What every Notifier promises. A subject gives up on a silent destination within seconds, in which a busy machine brings it the message. */
export function notifierConformance(
  name: string,
  notification: Notification,
  start: () => Promise<NotifierSubject>,
): void {
  describe(`Notifier on ${name}`, () => {
    let subject: NotifierSubject;

    beforeEach(async () => {
      subject = await start();
    });
    afterEach(() => subject.end());

    const sendOnce = (reaction: DestinationReaction) => {
      subject.next(reaction);
      return subject.notifier.send(subject.channel, notification);
    };

    it('says that a message was delivered, which arrives under its id', async () => {
      expect(await sendOnce('takes')).toMatchObject({ outcome: 'delivered' });
      expect(subject.arrived()).toEqual([notification.notificationId]);
    });

    it.each([
      ['refuses', false],
      ['is_overloaded', true],
      ['fails', true],
      ['is_silent', true],
    ] as const)(
      'makes one attempt at a destination that %s, and says whether a retry can help: %s',
      async (reaction, retryable) => {
        const outcome = await sendOnce(reaction);
        expect(outcome).toMatchObject({ outcome: 'failed', retryable, reason: expect.stringMatching(/\w/) });
        expect(subject.arrived()).toHaveLength(1);
      },
    );

    it('takes a destination that is not there for one that may come back', async () => {
      const outcome = await subject.notifier.send(subject.deadChannel, notification);
      expect(outcome).toMatchObject({ outcome: 'failed', retryable: true });
    });

    it('tells no secret and no address in a reason', async () => {
      const outcomes = [
        await sendOnce('refuses'),
        await sendOnce('is_silent'),
        await subject.notifier.send(subject.deadChannel, notification),
      ];
      for (const secret of subject.secrets) expect(JSON.stringify(outcomes)).not.toContain(secret);
    });
  });
}
