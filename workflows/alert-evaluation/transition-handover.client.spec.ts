import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { transitionOf } from '../../libs/conformance/src/rule-of';
import { newScope } from '../../test/support/new-scope';
import { TransitionHandoverStarter } from './transition-handover.client';

describe('handing over transitions', () => {
  it('ends where Temporal takes connections and says nothing, with when to ask again', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined).resume());
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const connection = Connection.lazy({ address });
    const scope = newScope();
    try {
      const starter = new TransitionHandoverStarter(new Client({ connection }));
      await expect(starter.deliver(scope, [transitionOf(scope)])).rejects.toMatchObject({
        kind: 'unavailable',
        code: 'OPS_WORKFLOW_UNAVAILABLE',
        retryAfterSeconds: expect.any(Number) as number,
      });
    } finally {
      await connection.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    }
  });
});
