// A request's body up to a limit. A sender whose body is larger still gets its answer: the rest is read and dropped,
// since a cut connection would reach it before the 413.
import type { IncomingMessage } from 'node:http';

/** The whole body, or null when it has more bytes than that. */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > most) {
      request.resume();
      return null;
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
