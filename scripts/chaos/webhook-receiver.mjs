import http from 'node:http';

/** Counts what it is told, by incident and what they are about. It is the one part that is never killed. */
export class WebhookReceiver {
  /** `<incident> <about>` and how often it came. */
  received = new Map();
  #server;

  async start() {
    this.#server = http.createServer((request, response) => {
      let text = '';
      request.on('data', (part) => (text += part));
      request.on('end', () => {
        const { about, incident } = JSON.parse(text);
        const key = `${incident.id} ${about}`;
        this.received.set(key, (this.received.get(key) ?? 0) + 1);
        response.writeHead(204).end();
      });
    });
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}/`;
  }

  async stop() {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server === undefined ? resolve() : this.#server.close(resolve)));
  }
}
