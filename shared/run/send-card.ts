// The second channel's own turn: reads the run as it stands and posts it. It changes no row, so whatever becomes of it,
// the run goes on; what fails is tried again by whoever handles the queue.
import { PermanentError } from '../errors.ts';
import type { RunRow } from '../model/rows.ts';
import { type CardMessage, type Post, queues } from './bus.ts';
import type { Engine } from './engine.ts';
import { type RunRows, runRef } from './progress.ts';

/** What the engine needs of the second channel. */
export interface SecondChannel {
  wants(run: RunRow): boolean;
  send(rows: RunRows): Promise<void>;
}

export async function sendCard(
  engine: Pick<Engine, 'progress' | 'log'>,
  channel: SecondChannel | undefined,
  message: CardMessage,
): Promise<void> {
  const rows = await engine.progress.read(runRef(message.run));
  if (rows === undefined) throw new PermanentError(`there is no run ${message.run}, so no card was sent`);
  // Switched off since it was asked for.
  if (channel === undefined) return;
  await channel.send(rows);
  engine.log(`card of run ${message.run} was posted`);
}

/** Asks for a card with a message of its own; the same turn asks once. Never throws: the mail must not wait for it. */
export const askForCard =
  (channel: SecondChannel | undefined, post: Post, log: Engine['log']) =>
  async ({ run: { row } }: RunRows): Promise<void> => {
    if (channel === undefined || !channel.wants(row)) return;
    const { turn } = row.summary;
    try {
      const body: CardMessage = { run: row.id, turn, card: true };
      await post.post({ queue: queues.summaries, id: `${row.id}:${turn}:card`, body, properties: {} });
    } catch (thrown) {
      log(`no card could be asked for: ${thrown instanceof Error ? thrown.message : 'unknown'}`, {
        run: row.id,
      });
    }
  };
