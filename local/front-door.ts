// The entrance for browsers, like App Service Authentication in Azure. A request through here counts as signed in: the
// function key is added on the way, so no link contains it. It listens on this machine only and answers only to its own
// name, so that another site's page can't reach the app through a name that resolves to this machine.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface FrontDoor {
  url: string;
  close(): Promise<void>;
}

interface Behind {
  /** This door's port; the app knows its address before it opens. */
  port: number;
  /** The Functions host's port. */
  hostPort: number;
  key: string;
}

/** Headers that say who is asking; a browser may not set them here. */
const credentials =
  /^(x-functions-(key|clientid)|x-ms-client-principal.*|x-ms-token-.*|authorization|cookie)$/;

export async function startFrontDoor({ port, hostPort, key }: Behind): Promise<FrontDoor> {
  const names = [`127.0.0.1:${port}`, `localhost:${port}`];
  const server = createServer((incoming, outgoing) => {
    if (!names.includes(incoming.headers.host ?? '')) refuse(outgoing, 421);
    else if (!/^\/api(\/|\?|$)/.test(incoming.url ?? '')) refuse(outgoing, 404);
    else pass(incoming, outgoing);
  });

  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !credentials.test(name)),
    );
    const { method, url } = incoming;
    const onward = request(
      {
        host: '127.0.0.1',
        port: hostPort,
        method,
        path: url,
        headers: { ...headers, 'x-functions-key': key },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.once('error', () => (outgoing.headersSent ? outgoing.destroy() : refuse(outgoing, 502)));
    incoming.pipe(onward);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const refuse = (outgoing: ServerResponse, status: number) => outgoing.writeHead(status).end();
