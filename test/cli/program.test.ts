// The command against the API over real HTTP: what it shows, what it sends, and what its exit codes say.
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { targetOf } from '../../cli/credentials.ts';
import { Stop } from '../../cli/exit-codes.ts';
import { run } from '../../cli/program.ts';
import { shownJson, type Terminal, table } from '../../cli/terminal.ts';
import { adele } from '../run/simulation.ts';
import { type Served, servedApi } from './served-api.ts';
import { keepingTerminal } from './terminal.ts';

type Some = Partial<Terminal> & { url?: string; key?: string };

async function reclaim(line: string, some: Some = {}) {
  const { url, key, ...more } = some;
  const { terminal, written } = keepingTerminal({
    env: { RECLAIM_URL: url, RECLAIM_KEY: key, NO_COLOR: '1' },
    ...more,
  });
  const argv = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const code = await run(argv, terminal);
  return { code, ...written() };
}

async function within<T>(
  some: Parameters<typeof servedApi>[0],
  work: (served: Served) => Promise<T>,
): Promise<T> {
  const served = await servedApi(some);
  try {
    return await work(served);
  } finally {
    served.close();
  }
}

const held = { held: 'a protected account' };

describe('reclaim runs and show', () => {
  it('list runs by object id and UPN, so that nobody acts on the wrong person', () =>
    within({}, async (served) => {
      const { code, out, error } = await reclaim('runs', served);
      expect([code, error]).toEqual([0, '']);
      expect(out).toMatch(/^RUN +OPENED +ACCOUNT +OBJECT ID +LEVEL +STATE +VERDICT\n/);
      for (const part of [served.code, adele.id, 'adele@contoso.com', 'NOT CONTAINED'])
        expect(out).toContain(part);
    }));

  it.each([['its code'], ['its code in small letters'], ['its id'], ['the account'], ['the object id']])(
    'find a run by %s',
    (by) =>
      within({}, async (served) => {
        const names: Record<string, string> = {
          'its code': served.code,
          'its code in small letters': served.code.toLowerCase(),
          'its id': served.id,
          'the account': 'Adele@contoso.com',
          'the object id': adele.id,
        };
        const { code, out } = await reclaim(`show ${names[by]}`, served);
        expect(code).toBe(0);
        expect(out).toContain(`object id ${adele.id}, run ${served.code}`);
      }),
  );

  it.each([
    ['show XXXX'],
    ['show 00000000-0000-4000-8000-000000000000.20261120T091200-8M2P'],
    ['watch nobody@contoso.com'],
  ])('%s is code 4, with where to look', (line) =>
    within({}, async (served) => {
      const { code, out, error } = await reclaim(line, served);
      expect([code, out]).toEqual([4, '']);
      expect(error).toMatch(/reclaim runs|GET \/api\/runs/);
    }),
  );

  it.each([['--json runs'], ['runs --json']])('%s is the answer itself, for programs', (line) =>
    within({}, async (served) => {
      const { out } = await reclaim(line, served);
      const { runs } = z.object({ runs: z.array(z.object({ id: z.string() })) }).parse(JSON.parse(out));
      expect(runs.map(({ id }) => id)).toEqual([served.id]);
    }),
  );

  it('show nothing that moves the cursor, turns the reading direction or forges a line', () => {
    const hostile = '\u001b[2J\u001b]8;;https://evil.example\u0007Adele\r\nCONTAINED \u202egnp.exe\u2066';
    return within(
      { account: { ...adele, displayName: hostile, userPrincipalName: `${hostile}@contoso.com` } },
      async (served) => {
        for (const line of ['runs', `show ${served.code}`, 'runs --json', `show ${served.code} --json`]) {
          const { code, out, error } = await reclaim(line, served);
          expect([line, code]).toEqual([line, 0]);
          expect(out + error).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
          expect(out).not.toMatch(/^CONTAINED/m);
          if (line.includes('--json')) expect(JSON.stringify(JSON.parse(out))).toContain('\u202egnp.exe');
        }
      },
    );
  });
});

describe('a decision', () => {
  it('names its account first, sends the version that was seen, and is logged', () =>
    within(held, async (served) => {
      const { code, out, error } = await reclaim(
        `approve ${served.code} --level full --reason "the owner denies it"`,
        served,
      );
      expect([code, error]).toEqual([0, expect.stringContaining(`object id ${adele.id}`)]);
      expect(out).toMatch(/^approved at level full\. .*reclaim watch/);
      expect(served.headers()).toMatchObject({
        'if-match': '"0.contain.held"',
        'idempotency-key': expect.stringMatching(/^[\da-f-]{36}$/),
      });
      expect(await served.log()).toContain('approved at level full');
    }));

  it('without a reason is not sent if there is nobody to ask', () =>
    within(held, async (served) => {
      const { code, error } = await reclaim(`approve ${served.code} --level full`, served);
      expect([code, error]).toEqual([2, expect.stringContaining('--reason')]);
      expect(served.asked.filter((asked) => asked.startsWith('POST'))).toEqual([]);
    }));

  it('asks for the reason if there is somebody to answer, and takes no answer for no', () =>
    within(held, async (served) => {
      const questions: string[] = [];
      const ask = (answer: string) => async (question: string) => {
        questions.push(question);
        return answer;
      };
      expect((await reclaim(`undo ${served.code}`, { ...served, ask: ask('  ') })).code).toBe(2);
      expect(served.asked.filter((asked) => asked.startsWith('POST'))).toEqual([]);
      expect((await reclaim(`undo ${served.code}`, { ...served, ask: ask('the owner travels') })).code).toBe(
        0,
      );
      expect(questions[0]).toMatch(/^Reason to undo/);
    }));

  it('that somebody else has overtaken is code 5, and says what they decided', () =>
    within(held, async (served) => {
      const other = `approve ${served.code} --level contain --reason "confirmed by telephone"`;
      const ask = async () => {
        await reclaim(other, served);
        return 'the owner travels';
      };
      const { code, error } = await reclaim(`undo ${served.code}`, { ...served, ask });
      expect(code).toBe(5);
      expect(error).toMatch(/Changed since: .*approved at level contain \(confirmed by telephone\)/);
    }));

  it('is sent again after a lost answer, and done once', () =>
    within({}, async (served) => {
      await served.simulation.live((rows) => rows.run.row.state === 'finished');
      served.loseAnswer();
      const { code } = await reclaim(
        `retry ${served.code} --step block-sign-in --reason "to be sure"`,
        served,
      );
      expect(code).toBe(0);
      expect(served.asked.filter((asked) => asked.endsWith('/retry'))).toHaveLength(2);
      expect((await served.log()).filter((what) => what.startsWith('retry'))).toEqual([
        'retry: block-sign-in',
      ]);
    }));

  it('about a step that the run lacks lists the steps, and sends nothing', () =>
    within({}, async (served) => {
      const { code, error } = await reclaim(
        `retry ${served.code} --step format-disk --reason because`,
        served,
      );
      expect([code, error]).toEqual([
        2,
        expect.stringMatching(/This run has no step format-disk\. Its steps: block-sign-in, /),
      ]);
      expect(served.asked.filter((line) => line.startsWith('POST'))).toEqual([]);
    }));

  it.each([
    ['approve XXXX --level all --reason because', 'Allowed choices are contain, full'],
    ['runs --days 0', 'whole number from 1 to 365'],
    ['runs --days all', 'whole number from 1 to 365'],
    ['runs --verdict SAFE', 'Allowed choices are NOTHING TO DO, CONTAINED'],
    ['decisions --action maybe', 'Allowed choices are none, hold, contain, full'],
    ['watch --every 0', 'whole number from 1 to 3600'],
  ])('%s is asked wrongly: it says what is expected and sends nothing', (line, said) =>
    within({}, async (served) => {
      const { code, error } = await reclaim(line, served);
      expect(code).toBe(2);
      expect(error).toContain(said);
      expect(served.asked).toEqual([]);
    }),
  );

  it('without a sufficient reason is not sent', () =>
    within({}, async (served) => {
      const { code, error } = await reclaim(`undo ${served.code} --reason x`, served);
      expect([code, error]).toEqual([2, expect.stringContaining('--reason takes 3 to 500 characters.')]);
    }));

  it('that nobody attacked goes with undoing the whole run, not single steps', () =>
    within({}, async (served) => {
      const wrong = await reclaim(
        `undo ${served.code} --false-alarm --step block-sign-in --reason because`,
        served,
      );
      expect([wrong.code, wrong.error]).toEqual([2, expect.stringContaining('leave --step out')]);
      const { code } = await reclaim(`undo ${served.code} --false-alarm --reason "it was her"`, served);
      expect(code).toBe(0);
      expect(served.simulation.rows().run.row).toMatchObject({ endsAs: 'undone', falseAlarm: true });
    }));

  it('to start a run names the account that it found', () =>
    within({}, async (served) => {
      const { code, out } = await reclaim(
        'start adele@contoso.com --reason "called in by the owner"',
        served,
      );
      expect([code, out]).toEqual([0, expect.stringContaining(adele.id)]);
    }));
});

describe('reclaim watch', () => {
  const following = (served: Served) => ({
    ...served,
    sleep: async () => {
      await served.simulation.live((rows) => rows.run.row.state === 'finished');
    },
  });

  it('shows each step as it ends, and ends with the run; its code says whether a person must look', () =>
    within({}, async (served) => {
      const { code, out } = await reclaim(`watch ${served.code}`, following(served));
      expect(out).toMatch(/block-sign-in +done: .*\n/);
      expect(out.trimEnd().split('\n').at(-1)).toMatch(/DECIDE \(finished\)$/);
      expect(code).toBe(7);
    }));

  it('prints one line per fact as JSON', () =>
    within({}, async (served) => {
      const { out } = await reclaim(`watch ${served.code} --json`, following(served));
      const facts = out
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
      expect(facts).toContainEqual(
        expect.objectContaining({ run: served.id, step: 'block-sign-in', is: 'done' }),
      );
    }));

  it('of all runs continues until it is stopped', () =>
    within({}, async (served) => {
      const ended = new AbortController();
      const sleep = async () => {
        await served.simulation.live((rows) => rows.run.row.state === 'finished');
        if (served.asked.length > 4) ended.abort();
      };
      const { code, out } = await reclaim('watch', { ...served, sleep, ended: ended.signal });
      expect([code, out]).toEqual([0, expect.stringContaining('(finished)')]);
    }));

  it('ends at once for a held run — nothing happens before somebody decides', () =>
    within(held, async (served) => {
      const { code, out } = await reclaim(`watch ${served.code}`, served);
      expect([code, out]).toEqual([7, expect.stringContaining('HELD')]);
    }));
});

describe('who asks, and where', () => {
  it.each([
    ['no address', {}, /RECLAIM_URL is not set.*npm start/],
    ['an address that isn’t one', { RECLAIM_URL: 'reclaim' }, /no address/],
    [
      'an address that anybody can listen to',
      { RECLAIM_URL: 'http://reclaim.contoso.com', RECLAIM_KEY: 'x' },
      /https/,
    ],
    ['nobody who asks', { RECLAIM_URL: 'https://reclaim.contoso.com' }, /RECLAIM_CLIENT_ID nor RECLAIM_KEY/],
    [
      'a client id that isn’t one',
      { RECLAIM_URL: 'https://reclaim.contoso.com', RECLAIM_CLIENT_ID: 'https://graph.microsoft.com' },
      /GUID/,
    ],
  ])('%s is code 2, and nothing is sent', async (_what, env, why) => {
    const { code, error } = await reclaim('runs', { env });
    expect([code, error]).toEqual([2, expect.stringMatching(why)]);
  });

  it('requests a token for this API alone, and sends a key as it is', async () => {
    const scopes: string[] = [];
    const env = {
      RECLAIM_URL: 'https://reclaim.contoso.com/',
      RECLAIM_CLIENT_ID: '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d',
    };
    const target = targetOf(env, async (scope) => {
      scopes.push(scope);
      return 'a.b.c';
    });
    expect([target.url, await target.headers(), scopes]).toEqual([
      'https://reclaim.contoso.com',
      { authorization: 'Bearer a.b.c' },
      ['0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d/.default'],
    ]);
    expect(await targetOf({ ...env, RECLAIM_KEY: 'x' }).headers()).toEqual({ 'x-functions-key': 'x' });
  });

  it.each(['/api', '/api/runs', '/api/runs/', '/'])('an address with %s is that of the app', (path) => {
    const env = { RECLAIM_URL: `https://reclaim.contoso.com${path}`, RECLAIM_KEY: 'x' };
    expect(targetOf(env).url).toBe('https://reclaim.contoso.com');
  });

  it('a refused key is code 3, and is not sent again', () =>
    within({}, async (served) => {
      const { code, out, error } = await reclaim('runs', { ...served, key: 'd3Jvbmc=' });
      expect(code).toBe(3);
      expect(out + error).not.toContain('d3Jvbmc=');
    }));

  it('there is no option for a key or a token — everybody on the machine can read arguments', async () => {
    for (const option of ['--key', '--token']) expect((await reclaim(`runs ${option} x`)).code).toBe(2);
  });

  it.each([
    ['nobody', 6, 0, /can't be reached/, {}],
    ['a sign-in page', 3, 302, /az login/, { location: 'https://evil.example/' }],
    ['another site', 1, 404, /./, {}],
    ['a broken app', 6, 500, /500/, {}],
  ])('%s there is code %i or tells so', async (who, code, status, why, headers) => {
    const server = createServer((_request, response) => response.writeHead(status, headers).end('<html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
    if (who === 'nobody') server.close();
    try {
      const end = await reclaim('runs', { url, key: 'x' });
      expect([end.code, end.error]).toEqual([who === 'another site' ? 4 : code, expect.stringMatching(why)]);
    } finally {
      server.close();
    }
  });
});

describe('a typing error', () => {
  it.each([
    ['runns'],
    ['show'],
    ['approve X --reason because'],
    ['watch --every never'],
    ['completion tcsh'],
    ['runs --dayz 3'],
  ])('%s is code 2', async (line) => {
    const { code, error } = await reclaim(line, { url: 'http://127.0.0.1:9', key: 'x' });
    expect(code).toBe(2);
    expect(error).toMatch(/\w/);
  });

  it('is answered with what was probably meant', async () => {
    expect((await reclaim('aprove X')).error).toContain('Did you mean approve?');
  });
});

describe('completion', () => {
  it.each([['bash'], ['zsh'], ['fish']])('for %s knows every command', async (shell) => {
    const { code, out } = await reclaim(`completion ${shell}`);
    expect(code).toBe(0);
    for (const word of ['runs', 'show', 'watch', 'retry', 'approve', 'undo', 'start', 'reason', 'level'])
      expect(out).toContain(word);
  });

  it('for bash completes', async () => {
    const { out } = await reclaim('completion bash');
    const script = `${out}\nCOMP_WORDS=(reclaim approve --l); COMP_CWORD=2; _reclaim; echo "\${COMPREPLY[*]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', script]);
    expect(stdout.trim()).toBe('--level');
  });
});

describe('reclaim as a process', () => {
  it('hands its exit code on', async () => {
    const file = fileURLToPath(new URL('../../cli/reclaim.mjs', import.meta.url));
    const { RECLAIM_URL: _, ...env } = process.env;
    const end = await promisify(execFile)(process.execPath, [file, 'runs'], { env }).catch(
      (error: unknown) => error,
    );
    expect(end).toMatchObject({ code: 2, stderr: expect.stringContaining('RECLAIM_URL is not set') });
  });
});

describe('a table', () => {
  it('is cut at the edge of the terminal, between characters, wide ones counted as two', () => {
    const text = table(['A', 'B'], [['東京', '😀😀😀']], 10);
    expect(text.split('\n')[1]).toBe('東京  😀…');
  });

  it('is not cut if the output is no terminal', () => {
    expect(table(['A'], [['x'.repeat(500)]], undefined)).toContain('x'.repeat(500));
  });
});

describe('JSON on a terminal', () => {
  it('is the same JSON without invisible characters', () => {
    const value = { a: '\u202e\u009b31m\u2028\ufeff\u{e0041}é😀' };
    expect(JSON.parse(shownJson(value))).toEqual(value);
    expect(shownJson(value)).toMatch(/é😀/);
    expect(shownJson(value)).not.toMatch(/[^\P{C}\n]/u);
  });
});

describe('a stop', () => {
  it('has a code of its own kind', () => {
    expect(new Stop('no such run', 4)).toMatchObject({ name: 'Stop', code: 4, message: 'no such run' });
  });
});
