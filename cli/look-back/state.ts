// The progress of a look back, in an append-only file: one JSON line for each finished mailbox or other part, with its
// finds. If the process dies, at most the last line is torn; it is cut off, and its mailbox or part is looked at again.
// Mailboxes are read from this file, so the list is never held in memory.
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { exitCodes, Stop } from '../exit-codes.ts';
import { findSchema, gapSchema } from './find.ts';

const parts = ['applications', 'methods', 'administrators'] as const;
export type Part = (typeof parts)[number];

const mailboxSchema = z.object({
  is: z.literal('mailbox'),
  /** Its place in the list, from 0. */
  n: z.number().int().nonnegative(),
  id: z.string(),
  userPrincipalName: z.string(),
  displayName: z.string(),
  addresses: z.array(z.string()),
  forwards: z.boolean(),
});
export type ListedMailbox = z.infer<typeof mailboxSchema>;

const lineSchema = z.discriminatedUnion('is', [
  z.object({
    is: z.literal('begun'),
    version: z.literal(1),
    tenantId: z.string(),
    days: z.number(),
    at: z.string(),
  }),
  /** A new process took over: what was refused before may be granted by now. */
  z.object({ is: z.literal('session'), at: z.string() }),
  /** A list of mailboxes begins; there are several if an earlier one was cut off. */
  z.object({ is: z.literal('listing'), at: z.string() }),
  mailboxSchema,
  z.object({ is: z.literal('listed'), count: z.number().int().nonnegative(), at: z.string() }),
  z.object({
    is: z.literal('looked'),
    n: z.number().int().nonnegative(),
    /** How many rules. */
    looked: z.number(),
    finds: z.array(findSchema),
    gaps: z.array(gapSchema),
  }),
  z.object({
    is: z.literal('part'),
    part: z.enum(parts),
    /** The input it was compared with, if that may change from one time to the next. */
    against: z.string(),
    /** How many things. */
    looked: z.number(),
    finds: z.array(findSchema),
    gaps: z.array(gapSchema),
  }),
  /** Why a part, or the mailboxes, could not be read at all in this session. */
  z.object({ is: z.literal('refused'), gap: gapSchema }),
  z.object({ is: z.literal('raised'), id: z.string(), at: z.string(), decision: z.string() }),
]);
export type Line = z.infer<typeof lineSchema>;

export type Begun = Extract<Line, { is: 'begun' }>;

export class State {
  readonly begun: Begun;
  /** undefined until the list is complete. */
  listed: number | undefined;
  /** Parts that are finished, with the input they were compared with. */
  readonly done = new Map<Part, string>();
  readonly raised = new Set<string>();
  readonly #file: string;
  readonly #handle: FileHandle;
  /** Lists of mailboxes in the file; all but the last are incomplete. */
  #lists = 0;
  /** One byte per mailbox: whether all of it was seen. */
  #seen = new Uint8Array(0);
  #seenCount = 0;
  #found = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: string, handle: FileHandle, begun: Begun) {
    this.#file = file;
    this.#handle = handle;
    this.begun = begun;
  }

  /** Resumes from the file, or begins a new one. Throws Stop if the file is something else. */
  static async open(file: string, begun: Omit<Begun, 'is' | 'version'>): Promise<State> {
    // For reading and appending. It contains names and addresses, so only its owner may read it.
    const handle = await open(file, 'a+', 0o600).catch((error: NodeJS.ErrnoException) => {
      throw new Stop(`${file} cannot be written: ${error.code ?? error.message}`, exitCodes.usage);
    });
    try {
      // Check before cutting anything off: it may be somebody's letter.
      const head = Buffer.alloc(beginning.length);
      const { bytesRead } = await handle.read(head, 0, head.length, 0);
      if (!beginning.startsWith(head.toString('utf8', 0, bytesRead)))
        throw new Stop(`${file} is not the state of a look back; name another file.`, exitCodes.usage);
      await cutTornLine(handle);
      let first: Begun | undefined;
      for await (const line of linesOf(file)) {
        if (line.is === 'begun') first = line;
        break;
      }
      const state = new State(file, handle, first ?? { is: 'begun', version: 1, ...begun });
      if (first === undefined) await state.append(state.begun);
      if (state.begun.tenantId !== begun.tenantId || state.begun.days !== begun.days) {
        throw new Stop(
          `${file} is the look back over ${state.begun.days} days of tenant ${state.begun.tenantId}: go on with that, or name another file with --state.`,
          exitCodes.usage,
        );
      }
      await state.#read();
      return state;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #read(): Promise<void> {
    for await (const line of linesOf(this.#file)) this.#note(line);
  }

  #note(line: Line): void {
    if (line.is === 'listing') this.#lists += 1;
    else if (line.is === 'listed') {
      this.listed = line.count;
      this.#seen = new Uint8Array(line.count);
      this.#seenCount = 0;
      this.#found = 0;
    } else if (line.is === 'looked' && line.gaps.length === 0 && this.#seen[line.n] === 0) {
      this.#seen[line.n] = 1;
      this.#seenCount += 1;
      this.#found += line.finds.length;
    } else if (line.is === 'part') {
      if (line.gaps.some(({ again }) => again)) this.done.delete(line.part);
      else this.done.set(line.part, line.against);
    } else if (line.is === 'raised') this.raised.add(line.id);
  }

  /** Mailboxes that were completely seen. */
  get seen(): number {
    return this.#seenCount;
  }

  /** What was found in them. */
  get found(): number {
    return this.#found;
  }

  /** Resolves when the line is in the file. Lines are never interleaved. */
  async append(line: Line): Promise<void> {
    const written = this.#writing.then(() => this.#handle.appendFile(`${JSON.stringify(line)}\n`));
    this.#writing = written.catch(() => {});
    await written;
    this.#note(line);
  }

  /** The mailboxes of the last complete list that have not been seen, in its order. */
  async *unseen(): AsyncGenerator<ListedMailbox> {
    const until = (await this.#handle.stat()).size;
    let lists = 0;
    for await (const line of linesOf(this.#file, until)) {
      if (line.is === 'listing') lists += 1;
      else if (line.is === 'mailbox' && lists === this.#lists && this.#seen[line.n] === 0) yield line;
    }
  }

  /** Everything so far, from the start. */
  lines(): AsyncGenerator<Line> {
    return linesOf(this.#file);
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }
}

/** What every state file begins with. */
const beginning = '{"is":"begun",';

/** Cuts off a line that the process didn't finish. */
async function cutTornLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  const chunk = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const { bytesRead } = await handle.read(chunk, 0, end - start, start);
    const at = chunk.subarray(0, bytesRead).lastIndexOf('\n');
    if (at >= 0) {
      if (start + at + 1 < size) await handle.truncate(start + at + 1);
      return;
    }
    end = start;
  }
  if (size > 0) await handle.truncate(0);
}

async function* linesOf(file: string, until?: number): AsyncGenerator<Line> {
  const stream = createReadStream(file, until === undefined ? {} : { end: Math.max(0, until - 1) });
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  try {
    for await (const text of lines) {
      number += 1;
      const read = lineSchema.safeParse(parsed(text));
      if (!read.success) {
        throw new Stop(
          `line ${number} of ${file} is not of a look back: the file was changed, or is another. Begin anew with --state and another name.`,
          exitCodes.usage,
        );
      }
      yield read.data;
    }
  } finally {
    lines.close();
    stream.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
