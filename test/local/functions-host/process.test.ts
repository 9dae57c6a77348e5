import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Built, buildFixture, startFixture } from './fixture.ts';

let built: Built;
afterEach(() => built.remove());

const environmentSchema = z.object({ pid: z.number() });
const pidOf = async (url: string) =>
  environmentSchema.parse(await (await fetch(`${url}/api/environment`)).json()).pid;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the host process', () => {
  it('is killed and replaced when a function runs longer than functionTimeout', async () => {
    built = await buildFixture({ functionTimeout: '00:00:01' });
    const host = await startFixture(built);
    const before = await pidOf(host.url);
    expect((await host.get('/api/hang', { method: 'POST' })).status).toBe(500);
    await host.line(({ message }) => message.includes('hang ran longer than functionTimeout'));
    await host.line(({ message }) => message.includes('another one is started'));
    const after = await vi.waitFor(() => pidOf(host.url), { timeout: 10_000 });
    expect(after).not.toBe(before);
    await host.close();
    expect([isAlive(before), isAlive(after)]).toEqual([false, false]);
  });

  it('ends with the process that started it, even when that is killed', async () => {
    built = await buildFixture();
    const module = new URL('../../../local/functions-host/start-functions-host.ts', import.meta.url);
    const script = `
      const { startFunctionsHost } = await import(${JSON.stringify(module.href)});
      const host = await startFunctionsHost({ bundle: ${JSON.stringify(built.bundle)}, settings: {}, onLog() {} });
      console.log(host.url);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = z.tuple([z.string()]).parse(await once(createInterface(parent.stdout), 'line'));
    const pid = await pidOf(url);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5000 });
  });

  it('is not started with a host.json that the service would refuse', async () => {
    built = await buildFixture({ functionTimeout: 'soon' });
    await expect(startFixture(built)).rejects.toThrow('functionTimeout');
  });
});

describe('an app that throws at import', () => {
  it('has no functions at all, which is reported loudly — in Azure it would be silent', async () => {
    built = await buildFixture();
    await writeFile(
      join(built.folder, 'late.cjs'),
      `require('./index.cjs'); throw new Error('TENANT_ID is missing');`,
    );
    const host = await startFixture({ ...built, bundle: join(built.folder, 'late.cjs') });
    try {
      expect(host.functions).toEqual([]);
      expect(host.loadError).toContain('TENANT_ID is missing');
      expect((await host.get('/api/runs/newest')).status).toBe(404);
      expect(host.lines).toContainEqual(
        expect.objectContaining({ level: 'critical', message: expect.stringContaining('NO FUNCTION RUNS') }),
      );
    } finally {
      await host.close();
    }
  });

  it('is told apart from one that does not exist', async () => {
    built = await buildFixture();
    const host = await startFixture({ ...built, bundle: join(built.folder, 'missing.cjs') });
    await host.close();
    expect(host.loadError).toContain('Cannot find module');
  });
});

describe('a timer', () => {
  it('fires by itself on its schedule, again and again', async () => {
    built = await buildFixture();
    const host = await startFixture(built, { timers: true, settings: { SWEEP_SCHEDULE: '* * * * * *' } });
    const isCall = ({ function: name, source }: { function: string | null; source: string }) =>
      name === 'sweep' && source === 'app';
    await host.line((line) => isCall(line) && host.lines.filter(isCall).length === 2);
    await host.close();
    const [, second] = host.lines.filter(isCall);
    // A schedule of less than a minute is not monitored.
    expect(JSON.parse(second?.message ?? '')).toMatchObject({ isPastDue: false, scheduleStatus: null });
  });
});
