import net from 'node:net';

/**
 * A server's address whose connections can go silent, as they do when a machine is gone: nobody says that they have ended.
 * While `mute`, it takes connections and never says anything over them, as a server does that hangs.
 */
export async function startSilentWire(url: string, { isMute = false } = {}) {
  const { hostname, port } = new URL(url);
  const pairs: (readonly net.Socket[])[] = [];
  let mute = isMute;
  const server = net.createServer((client) => {
    if (mute) {
      pairs.push([client.on('error', () => undefined).resume()]);
      return;
    }
    const database = net.connect(Number(port), hostname);
    for (const socket of [client, database]) socket.on('error', () => undefined);
    client.on('close', () => database.destroy());
    client.pipe(database).pipe(client);
    pairs.push([client, database]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const wire = new URL(url);
  wire.host = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  return {
    url: wire.href,
    goSilent: () => {
      for (const socket of pairs.flat()) socket.unpipe().resume();
    },
    speak: () => {
      mute = false;
    },
    taken: () => pairs.length,
    close: () => {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
