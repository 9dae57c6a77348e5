// reclaim hand-back against canned answers of the API: what is sent, what is shown, and a pass that is shown once.
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { run } from '../../cli/program.ts';
import type { Terminal } from '../../cli/terminal.ts';
import { getRun } from '../../functions/runs/get-run.ts';
import { chaosOf, Simulation } from '../run/simulation.ts';
import { keepingTerminal } from './terminal.ts';

const view = {
  state: 'under way',
  notPossible: null,
  left: [{ step: 'remove-app-access', why: 'refused by Microsoft Graph', blocks: true, accepted: false }],
  phases: [
    { title: 'Look once more', state: 'done' },
    { title: 'Make a Temporary Access Pass', state: 'now' },
  ],
  owner: [
    {
      what: 'Register a method',
      instruction: 'Open Security info',
      link: 'https://mysignins.microsoft.com/security-info',
    },
  ],
  next: [{ do: 'pass', title: 'Make a Temporary Access Pass' }],
};
const pass = {
  value: 'K7x!mQ2p',
  expiresAt: '2026-11-20T10:12:00Z',
  usableOnce: true,
  unusableBecause: null,
};

async function reclaim(argv: readonly string[], some: { lost?: boolean; ask?: Terminal['ask'] } = {}) {
  const simulation = new Simulation(
    { things: { 'block-sign-in': ['lock'] }, refused: [], level: 'full' },
    chaosOf(() => 0.5),
  );
  const id = await simulation.open();
  const request = { params: { id }, query: {}, url: 'http://127.0.0.1/', headers: {}, text: '', who: 'x' };
  const { json: document } = await getRun(simulation.engine, request);
  const bodies: unknown[] = [];
  const server = createServer(async (asked, response) => {
    const parts: Buffer[] = [];
    for await (const part of asked) parts.push(Buffer.from(part));
    if (asked.method === 'POST') bodies.push(JSON.parse(Buffer.concat(parts).toString()));
    const posted = JSON.stringify(bodies.at(-1) ?? {});
    const answer = !asked.url?.endsWith('/hand-back')
      ? document
      : posted.includes('"do":"pass"')
        ? some.lost
          ? document
          : { ...view, temporaryAccessPass: pass }
        : view;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
  const { terminal, written } = keepingTerminal({
    env: { RECLAIM_URL: url, RECLAIM_KEY: 'x' },
    ...(some.ask ? { ask: some.ask } : {}),
  });
  try {
    const code = await run(['hand-back', id, ...argv], terminal);
    return { code, ...written(), bodies };
  } finally {
    server.close();
  }
}

describe('reclaim hand-back', () => {
  it('shows the progress, what is in the way, what the owner does and what can be done now — and sends nothing', async () => {
    const { code, out, bodies } = await reclaim([]);
    expect([code, bodies]).toEqual([0, []]);
    for (const part of [
      'under way',
      '[now] Make a Temporary Access Pass',
      'stops it: --despite remove-app-access',
      'https://mysignins.microsoft.com/security-info',
    ])
      expect(out).toContain(part);
    expect(out).toMatch(/^Next: node cli\/reclaim\.mjs hand-back \S+ pass/m);
  });

  it('begins with how the owner was identified, and with the open points that are accepted', async () => {
    const argv = [
      'begin',
      '--identified',
      'called back',
      '--despite',
      'scan-devices',
      '--despite',
      'unblock-sender',
      '--accept',
      'check-mailbox/sweep-rule',
      '--reason',
      'clean',
    ];
    const { code, bodies } = await reclaim(argv);
    expect(code).toBe(0);
    expect(bodies).toEqual([
      {
        do: 'begin',
        identified: 'called back',
        despite: ['scan-devices', 'unblock-sender'],
        accepts: ['check-mailbox/sweep-rule'],
        reason: 'clean',
      },
    ]);
  });

  it('asks once how the owner was identified, and does not begin without an answer', async () => {
    const questions: string[] = [];
    const ask = async (question: string) => {
      questions.push(question);
      return 'called back on the known number';
    };
    expect((await reclaim(['begin'], { ask })).code).toBe(0);
    expect(questions).toEqual([expect.stringMatching(/owner/)]);
    const { code, error, bodies } = await reclaim(['begin', '--reason', 'clean']);
    expect([code, bodies]).toEqual([2, []]);
    expect(error).toContain('--identified');
  });

  it('prints the pass once, on its own, with how to pass it on', async () => {
    const { code, out, error, bodies } = await reclaim([
      'pass',
      '--minutes',
      '30',
      '--reason',
      'owner on the telephone',
    ]);
    expect([code, bodies]).toEqual([
      0,
      [{ do: 'pass', again: false, lifetimeInMinutes: 30, reason: 'owner on the telephone' }],
    ]);
    expect(out.split('K7x!mQ2p')).toHaveLength(2);
    expect(out).toMatch(
      /^Temporary Access Pass: K7x!mQ2p\n {2}capital Kilo, seven, x-ray, exclamation mark, .*\n.*by phone or in person/,
    );
    expect(error).not.toContain('K7x!mQ2p');
  });

  it('says that a pass was made when the answer that showed it was lost', async () => {
    const { code, error } = await reclaim(['pass', '--reason', 'owner on the telephone'], { lost: true });
    expect([code, error]).toEqual([1, expect.stringContaining('pass --again')]);
  });

  it('knows no other action', async () => {
    expect(await reclaim(['finish', '--reason', 'because'])).toMatchObject({ code: 2, bodies: [] });
  });
});
