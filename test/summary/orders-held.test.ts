// What a person may choose for a held run.
import { describe, expect, it } from 'vitest';
import { playbook } from '../../functions/steps/index.ts';
import { heldOrders } from '../../shared/summary/orders.ts';
import { account, signal } from '../alerts/samples.ts';

const url = 'https://reclaim.contoso.com/api/runs/r1';
const leaked = signal({ detector: 'leakedCredentials', title: 'Leaked credentials' });
const orders = (
  ...[signals, who = account()]: [Parameters<typeof heldOrders>[1]['signals'], ReturnType<typeof account>?]
) => heldOrders({ runUrl: url, playbook }, { signals, account: who }).map(({ request }) => request);

describe('a held run', () => {
  it('offers a reset and the end of sessions first if somebody only knows the password', () => {
    const body = '{"level":"contain","steps":["reset-password","revoke-sessions"],"reason":"…"}';
    expect(orders([leaked])[0]).toBe(`POST ${url}/approve ${body}`);
    expect(orders([signal({ detector: 'passwordSpray' }), leaked])).toHaveLength(4);
  });

  it.each([
    ['another detection beside it', [leaked, signal()], account()],
    ['a guest, whose password is elsewhere', [leaked], account({ guest: true })],
    ['no signal at all', [], account()],
  ])('does not with %s', (_, signals, who) => {
    expect(orders(signals, who)).toEqual([
      `POST ${url}/approve {"level":"contain","reason":"…"}`,
      `POST ${url}/approve {"level":"full","reason":"…"}`,
      `POST ${url}/undo {"falseAlarm":true,"reason":"…"}`,
    ]);
  });
});
