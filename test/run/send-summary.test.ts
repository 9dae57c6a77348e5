// One mail for each verdict, whichever process dies; and a mail that fails touches nothing but itself.
import { describe, expect, it } from 'vitest';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { advance } from '../../shared/run/advance.ts';
import { type Letter, summaryMessageSchema } from '../../shared/run/bus.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { approve, retry, undo } from '../../shared/run/operate.ts';
import { runRef } from '../../shared/run/progress.ts';
import { askForCard, type Mailer, sendCard, sendSummary } from '../../shared/run/send-summary.ts';
import { sweepRuns } from '../../shared/run/sweep.ts';
import { tickOff } from '../../shared/run/tick-off.ts';
import { timing } from '../../shared/run/timing.ts';
import { verdictOf, verdictText } from '../../shared/run/verdict.ts';
import { chaosOf, Simulation, start } from './simulation.ts';

type Try = 'sent' | 'cut off' | 'not sent' | Error;

/** A held run, which writes to on-call at once; sends end as scripted, and the last result repeats for ever. */
async function held(...script: Try[]) {
  const simulation = new Simulation(
    { things: { 'block-sign-in': ['lock'] }, refused: [], level: 'contain', held: 'a protected account' },
    chaosOf(() => 0.5),
  );
  const runId = await simulation.open();
  const lines: string[] = [];
  const engine: Engine = { ...simulation.engine, log: (line) => lines.push(line) };
  const mails: string[] = [];
  const asked: { verdict: string | null; since: string }[] = [];
  const mailer: Mailer = {
    async send({ run, steps }) {
      const end = (script.length > 1 ? script.shift() : script[0]) ?? 'sent';
      const said = verdictText(
        verdictOf(
          run.row,
          steps.map((entry) => entry.row),
        ),
      );
      if (end === 'sent' || end === 'cut off') mails.push(said);
      if (end === 'cut off' || end === 'not sent') throw new RetryableError('no answer from sendMail');
      if (end instanceof Error) throw end;
    },
    async wasSent({ run }, since) {
      const { verdict } = run.row.summary;
      asked.push({ verdict, since: since.toISOString() });
      return mails.includes(verdict ?? '');
    },
  };
  const summary = () => simulation.rows().run.row.summary;
  /** Delivers what is due in the queue of summaries by this clock. */
  const deliver = async (afterSeconds = 0) => {
    simulation.clock += afterSeconds * 1000;
    for (const message of simulation.bus.ready().filter(({ queue }) => queue === 'summaries')) {
      const taken = simulation.bus.take(message);
      if (taken) await sendSummary(engine, mailer, summaryMessageSchema.parse(taken.body));
      if (taken) simulation.bus.complete(taken);
    }
  };
  return { simulation, engine, runId, lines, mails, mailer, asked, summary, deliver };
}

describe('the second channel', () => {
  const seconded = (world: Awaited<ReturnType<typeof held>>) => {
    const told: string[] = [];
    world.mailer.second = async ({ run }) => {
      told.push(run.row.summary.verdict ?? '');
    };
    return told;
  };

  it('is asked once for a verdict, with the first try of the mail — it may be all that gets through', async () => {
    const world = await held(new RetryableError('busy'), 'sent');
    const told = seconded(world);
    await world.deliver();
    expect(told).toEqual(['HELD']);
    await world.deliver(600);
    expect(world.mails).toEqual(['HELD']);
    expect(told).toEqual(['HELD']);
  });

  it('gets one message of its own, even if asked twice, for the runs that it should hear of', async () => {
    const world = await held('sent');
    const letters: Letter[] = [];
    const post = { post: async (letter: Letter) => void letters.push(letter) };
    const rows = world.simulation.rows();
    const channel = (wants: boolean) => ({ wants: () => wants, send: async () => undefined });
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    await askForCard(channel(true), post, log)(rows);
    await askForCard(channel(false), post, log)(rows);
    await askForCard(undefined, post, log)(rows);
    const run = rows.run.row.id;
    const { turn } = rows.run.row.summary;
    expect(letters).toEqual([
      { queue: 'summaries', id: `${run}:0-HELD:card`, body: { run, turn, card: true }, properties: {} },
    ]);
    // The process that asked died, and the next turn asks again for the same mail.
    const summary = { ...rows.run.row.summary, turn: turn + 1 };
    await askForCard(
      channel(true),
      post,
      log,
    )({ ...rows, run: { ...rows.run, row: { ...rows.run.row, summary } } });
    expect(new Set(letters.map(({ id }) => id)).size).toBe(1);
    const down = { post: () => Promise.reject(new Error('the bus is down')) };
    await askForCard(channel(true), down, log)(rows);
    expect(lines).toEqual(['no card could be asked for: the bus is down']);
  });

  it('changes nothing in the run, whatever becomes of it', async () => {
    const { simulation, engine, runId } = await held('sent');
    const before = structuredClone(simulation.rows());
    const failing = {
      wants: () => true,
      send: () => Promise.reject(new RetryableError('busy', { status: 503 })),
    };
    const message = { run: runId, turn: 1, card: true } as const;
    await expect(sendCard(engine, failing, message)).rejects.toThrow('busy');
    // It may have been posted: a second card would certainly be wrong.
    const cut = { wants: () => true, send: () => Promise.reject(new RetryableError('no answer')) };
    await sendCard(engine, cut, message);
    await sendCard(engine, undefined, message);
    expect(simulation.rows()).toEqual(before);
    const nobody = { ...message, run: 'nobody.20261120T091200-8M2P' };
    await expect(sendCard(engine, failing, nobody)).rejects.toThrow(PermanentError);
  });
});

const order = { who: 'on-call', reason: 'agreed by telephone', now: new Date(start) };

describe('the mail of a run', () => {
  it('is sent once, and the row knows when and what it said', async () => {
    const { deliver, mails, summary, asked } = await held('sent');
    await deliver();
    expect(mails).toEqual(['HELD']);
    expect(summary()).toMatchObject({
      state: 'sent',
      verdict: 'HELD',
      until: null,
      claimedAt: null,
      attempt: 0,
    });
    expect(summary().sentAt).not.toBeNull();
    expect(asked).toEqual([]);
  });

  it('is not sent again by the same message — a queue delivers at least once', async () => {
    const { deliver, mails, engine, mailer, runId } = await held('sent');
    await deliver();
    await sendSummary(engine, mailer, { run: runId, turn: 1 });
    expect(mails).toEqual(['HELD']);
  });

  it('is sent by one of two processes that try at the same time', async () => {
    const { mails, engine, mailer, runId } = await held('sent');
    const message = { run: runId, turn: 1 };
    await Promise.all([sendSummary(engine, mailer, message), sendSummary(engine, mailer, message)]);
    expect(mails).toEqual(['HELD']);
  });

  it('is not sent for a turn that is over', async () => {
    const { mails, engine, mailer, runId } = await held('sent');
    await sendSummary(engine, mailer, { run: runId, turn: 9 });
    expect(mails).toEqual([]);
  });

  it('is not sent for a run that does not exist, and the log says so', async () => {
    const { mails, engine, mailer, lines } = await held('sent');
    await sendSummary(engine, mailer, { run: 'nobody.20261120T091200-8M2P', turn: 1 });
    expect(mails).toEqual([]);
    expect(lines).toEqual(['summary: no run nobody.20261120T091200-8M2P, nothing sent']);
  });

  it('is sent again only when the verdict changes', async () => {
    const { deliver, mails, engine, runId, simulation } = await held('sent');
    await deliver();
    await sweepRuns(engine);
    await deliver(3600);
    expect(mails).toEqual(['HELD']);
    await advance(engine, runRef(runId), undo(simulation.engine.playbook, undefined, order));
    await deliver();
    expect(mails).toEqual(['HELD', 'UNDONE']);
  });
});

describe('a mail that fails', () => {
  it('is tried again later, and the run itself is left alone', async () => {
    const busy = new RetryableError('throttled', { status: 429, retryAfterSeconds: 120, tookEffect: 'no' });
    const { deliver, mails, summary, simulation, lines, runId } = await held(busy, 'sent');
    const before = simulation.rows();
    await deliver();
    const after = simulation.rows();
    const aside = { summary: null, wakeAt: null, standing: null };
    expect({ ...after.run.row, ...aside }).toEqual({ ...before.run.row, ...aside });
    expect(after.steps).toEqual(before.steps);
    expect(lines).toContain(`summary of run ${runId} was not sent: throttled`);
    expect(summary()).toMatchObject({ state: 'queued', turn: 2, attempt: 1 });
    await deliver(60);
    expect(mails).toEqual([]);
    await deliver(61);
    expect(mails).toEqual(['HELD']);
  });

  it('waits longer each time, so that on-call hears within the hour and nobody is flooded', async () => {
    const { deliver, simulation, summary } = await held(new RetryableError('no', { tookEffect: 'no' }));
    const waits: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const before = simulation.clock;
      await deliver();
      const due = simulation.bus.nextAt()?.getTime() ?? 0;
      waits.push(Math.round((due - before) / 1000));
      simulation.clock = due;
    }
    expect(waits).toEqual([4, 8, 16, 32, 64]);
    expect(summary().attempt).toBe(5);
  });

  it('is never given up: once it can leave, it leaves, even a week later', async () => {
    const refusal = new PermanentError('Mail.Send is missing', { status: 403 });
    const { deliver, simulation, summary, mails } = await held(...Array(180).fill(refusal), 'sent');
    for (let hour = 0; hour < 24 * 8 && mails.length === 0; hour += 1) {
      await deliver(3700);
      if (mails.length === 0) expect(simulation.rows().run.row.wakeAt).not.toBeNull();
    }
    expect(mails).toEqual(['HELD']);
    expect(summary()).toMatchObject({ state: 'sent', attempt: 0 });
    expect(simulation.rows().run.row.state).toBe('held');
  });

  it('is tried at once when somebody says retry, and starts over with the next verdict', async () => {
    const refusal = new PermanentError('Mail.Send is missing', { status: 403 });
    const { deliver, simulation, summary, engine, runId, mails } = await held(
      ...Array(20).fill(refusal),
      'sent',
    );
    for (let round = 0; round < 20; round += 1) await deliver(3700);
    expect(summary().attempt).toBe(20);
    await advance(engine, runRef(runId), retry(undefined, order));
    expect(simulation.bus.ready()).toHaveLength(1);
    await deliver();
    expect(mails).toEqual(['HELD']);
    await advance(engine, runRef(runId), undo(simulation.engine.playbook, undefined, order));
    expect(summary()).toMatchObject({ state: 'queued', verdict: 'UNDONE', attempt: 0 });
  });

  it('is left to a person who takes it over: not tried again, kept in the log, and the next change is mailed', async () => {
    const refusal = new PermanentError('Mail.Send is missing', { status: 403 });
    const { deliver, simulation, summary, engine, runId, mails } = await held(refusal, refusal, 'sent');
    const take = () => advance(engine, runRef(runId), tickOff('summary', 'unsent-mail', true, order));
    expect(await take()).toBe('lost');
    await deliver();
    await deliver(60);
    await take();
    expect(summary()).toMatchObject({ state: 'sent', until: null, attempt: 0, sentAt: null });
    await deliver(3700);
    await sweepRuns(engine);
    await deliver(3700);
    expect(mails).toEqual([]);
    const log = await simulation.progress.log(runRef(runId));
    expect(log.at(-1)).toMatchObject({ who: order.who, what: expect.stringContaining('could not be sent') });
    expect(await take()).toBe('lost');
    await advance(engine, runRef(runId), undo(simulation.engine.playbook, undefined, order));
    await deliver();
    expect(mails).toEqual(['UNDONE']);
  });

  it('can’t be taken over while it is being sent — it may be on its way', async () => {
    const { simulation, engine, runId, deliver } = await held(new RetryableError('busy'), 'sent');
    await deliver();
    await advance(engine, runRef(runId), (state) => ({
      ...state,
      run: { ...state.run, summary: { ...state.run.summary, state: 'sending' } },
    }));
    const taken = await advance(engine, runRef(runId), tickOff('summary', 'unsent-mail', true, order));
    expect(taken).toBe('lost');
    expect(simulation.rows().run.row.summary.state).toBe('sending');
  });

  it('that an earlier version gave up on is sent by this one', async () => {
    const { simulation, engine, runId, deliver, mails } = await held('sent');
    await advance(engine, runRef(runId), (state) => ({
      ...state,
      run: { ...state.run, summary: { ...state.run.summary, state: 'failed', attempt: 20, until: null } },
    }));
    await sweepRuns(engine);
    expect(simulation.rows().run.row.summary.state).toBe('queued');
    await deliver();
    expect(mails).toEqual(['HELD']);
  });
});

describe('a send that may have been cut off', () => {
  it('is looked for before another is sent, and found — sendMail is not idempotent', async () => {
    const { deliver, mails, asked, summary } = await held('cut off', 'sent');
    const claimedAt = new Date(start).toISOString().slice(0, 16);
    await deliver();
    await deliver(10);
    expect(mails).toEqual(['HELD']);
    expect(asked).toEqual([{ verdict: 'HELD', since: expect.stringContaining(claimedAt) }]);
    expect(summary().state).toBe('sent');
  });

  it('is sent once more when it had not left', async () => {
    const { deliver, mails, asked } = await held('not sent', 'sent');
    await deliver();
    await deliver(10);
    expect(asked).toHaveLength(1);
    expect(mails).toEqual(['HELD']);
  });

  it('is not looked for after a refusal — nothing had left', async () => {
    const { deliver, mails, asked } = await held(new PermanentError('403'), 'sent');
    await deliver();
    await deliver(10);
    expect(asked).toEqual([]);
    expect(mails).toEqual(['HELD']);
  });

  it('is found even when its sender died without a word: the lease ends, and the next sender looks first', async () => {
    const { engine, mails, asked, deliver, mailer, runId, summary, simulation } = await held('sent');
    const dies: Mailer = {
      ...mailer,
      send: async (rows, log) => {
        await mailer.send(rows, log);
        await new Promise(() => undefined);
      },
    };
    void sendSummary(engine, dies, { run: runId, turn: 1 });
    while (mails.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(summary().state).toBe('sending');
    simulation.clock += timing.leaseSeconds * 1000;
    await sweepRuns(engine);
    await deliver();
    expect(asked).toMatchObject([{ verdict: 'HELD' }]);
    expect(mails).toEqual(['HELD']);
    expect(summary()).toMatchObject({ state: 'sent', turn: 2 });
  });

  it('is looked for again if the look fails — not knowing is no proof that it has not left', async () => {
    const { deliver, mails, mailer, summary } = await held('cut off', 'sent');
    const { wasSent } = mailer;
    let looks = 0;
    mailer.wasSent = async (...given) => {
      looks += 1;
      if (looks < 6) throw new RetryableError('Sent Items can’t be read', { status: 503, tookEffect: 'no' });
      return await wasSent(...given);
    };
    for (let round = 0; round < 12; round += 1) await deliver(400);
    expect(mails).toEqual(['HELD']);
    expect(looks).toBe(6);
    expect(summary().state).toBe('sent');
  });

  it('is sent again after a while if nobody may look for it — twice is better than silence', async () => {
    const { deliver, mails, mailer } = await held('cut off', 'sent');
    mailer.wasSent = async () => {
      throw new PermanentError('Mail.ReadBasic is missing', { status: 403 });
    };
    for (let round = 0; round < 4; round += 1) await deliver(400);
    expect(mails).toEqual(['HELD']);
    for (let round = 0; round < 8; round += 1) await deliver(400);
    expect(mails).toEqual(['HELD', 'HELD']);
  });
});

describe('a verdict that changes on the way', () => {
  it('is what the row records for the mail — else the same verdict would be mailed twice', async () => {
    const { engine, mails, mailer, runId, simulation, deliver, summary } = await held('sent');
    // Approved between queue and claim: the mail says what is true when it is written, and the account is not locked
    // yet.
    await advance(engine, runRef(runId), approve('contain', order));
    await sendSummary(engine, mailer, { run: runId, turn: 1 });
    expect(mails).toEqual(['NOT CONTAINED']);
    expect(summary()).toMatchObject({ state: 'sent', verdict: 'NOT CONTAINED' });
    simulation.clock += 301_000;
    await sweepRuns(engine);
    await deliver();
    expect(mails).toEqual(['NOT CONTAINED']);
  });

  it('does not hide a mail that was cut off under the old one', async () => {
    const { engine, mails, asked, runId, deliver, summary } = await held('cut off', 'sent');
    await deliver();
    await advance(engine, runRef(runId), approve('contain', order));
    await deliver(10);
    expect(asked).toMatchObject([{ verdict: 'HELD' }]);
    expect(mails).toEqual(['HELD']);
    expect(summary()).toMatchObject({ state: 'sent', verdict: 'HELD' });
  });

  it('is reported if the mail that was cut off had not left', async () => {
    const { engine, mails, runId, deliver, summary } = await held('not sent', 'sent');
    await deliver();
    await advance(engine, runRef(runId), approve('contain', order));
    await deliver(10);
    expect(mails).toEqual(['NOT CONTAINED']);
    expect(summary().verdict).toBe('NOT CONTAINED');
  });

  it('is not reported if it changed back before its mail left — on-call has read that already', async () => {
    const { deliver, mails, engine, runId, summary } = await held('sent', 'not sent', 'sent');
    await deliver();
    await advance(engine, runRef(runId), approve('full', order));
    await advance(engine, runRef(runId), undo(engine.playbook, undefined, order));
    await deliver(301);
    expect(mails).toEqual(['HELD']);
    await advance(engine, runRef(runId), ({ run, steps }) => ({
      run: { ...run, state: 'held', endsAs: null, heldBecause: 'a protected account' },
      steps,
    }));
    await deliver(301);
    await deliver(301);
    expect(mails).toEqual(['HELD']);
    expect(summary()).toMatchObject({ state: 'sent', verdict: 'HELD', lastSent: 'HELD' });
  });
});
