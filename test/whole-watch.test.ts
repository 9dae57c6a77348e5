// The watch over the responder itself, over real sockets: timers are fired by hand, and the tenant's outbox shows what
// on-call gets.
import { expect, it } from 'vitest';
import { reportSchema } from '../shared/preflight/preflight.ts';
import { builtStack, type Whole } from './fakes/whole.ts';

const within = builtStack();

const subjects = ({ stack }: Whole) =>
  (stack.tenant.state().outbox ?? []).map(({ message }) => String(message['subject']));

it(
  'preflight answers with every check and changes nothing',
  () =>
    within(
      'adversary-in-the-middle',
      async (whole) => {
        const before = whole.stack.tenant.state();
        const answer = await whole.ask('POST', '/api/preflight');
        expect(answer.status).toBe(200);
        const report = reportSchema.parse(answer.json);
        expect(report.checks.length).toBeGreaterThan(100);
        // The stand-in for Entra ID grants Mail.Send for the whole tenant, and nothing has been polled yet.
        expect(report.checks.filter(({ is }) => is !== 'ok').map(({ check }) => check)).toEqual([
          'permission-unused Mail.Send',
          'sources',
        ]);
        expect(whole.stack.tenant.state()).toEqual(before);
      },
      { PROTECTED_ACCOUNTS: 'breakglass@contoso.onmicrosoft.com' },
    ),
  60_000,
);

it(
  'what preflight finds reaches on-call once, and so does a held run that nobody approves',
  () =>
    within(
      'adversary-in-the-middle',
      async (whole) => {
        const { host } = whole.stack;
        if (host === null) throw new Error('there is no host');
        await whole.live();
        for (const timer of ['daily-preflight', 'daily-report', 'watch-sources']) {
          await host.fire(timer);
          await host.fire(timer);
        }
        const [first, ...notices] = subjects(whole);
        expect(first).toContain('[Reclaim] HELD: ');
        expect(notices).toEqual([
          expect.stringContaining('[Reclaim] 1 PROBLEM: preflight: breakglass@contoso.onmicrosoft.com'),
          expect.stringMatching(/^\[Reclaim\] 1 RUN WAITS FOR APPROVAL: .+ \([0-9A-F]{6}\)$/),
        ]);
        expect(whole.log.some(({ message }) => message.includes('preflight-problem: break-glass: '))).toBe(
          true,
        );
      },
      { POLICY: '{"certain":"hold"}' },
    ),
  60_000,
);
