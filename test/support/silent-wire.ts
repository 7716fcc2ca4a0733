import net from 'node:net';

/** A server's address whose connections can go silent, as they do when a machine is gone: nobody says that they have ended. */
export async function startSilentWire(url: string) {
  const { hostname, port } = new URL(url);
  const pairs: (readonly [net.Socket, net.Socket])[] = [];
  const server = net.createServer((client) => {
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
      for (const [client, database] of pairs) {
        client.unpipe(database);
        database.unpipe(client);
        client.resume();
        database.resume();
      }
    },
    close: () => {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
