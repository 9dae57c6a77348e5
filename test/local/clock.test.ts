// A clock that moves ahead for a whole process and for the Functions host beside it. In a file of its own, because it
// changes the time for everything that runs here.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aheadBy, moveAhead } from '../../local/clock.ts';
import { type Built, buildFixture, startFixture } from './functions-host/fixture.ts';

const hours = 3_600_000;
const before = new Date();

afterEach(() => moveAhead(0));

describe('the time of a process', () => {
  it('is ahead for Date without arguments, and leaves a given time as it is', () => {
    const start = Date.now();
    moveAhead(20 * hours);
    expect(aheadBy()).toBe(20 * hours);
    expect(Date.now() - start).toBeGreaterThanOrEqual(20 * hours);
    expect(Date.parse(new Date().toISOString()) - start).toBeGreaterThanOrEqual(20 * hours);
    expect(Date.parse(Date()) - start).toBeGreaterThanOrEqual(20 * hours - 1000);
    expect(new Date('2026-11-20T09:15:00Z').toISOString()).toBe('2026-11-20T09:15:00.000Z');
    expect(new Date(2026, 0, 2).getMonth()).toBe(0);
    moveAhead(0);
    expect(Date.now() - start).toBeLessThan(hours);
  });

  it('keeps every Date a Date, whenever it was made — libraries check with instanceof', () => {
    moveAhead(hours);
    expect(before).toBeInstanceOf(Date);
    expect(new Date()).toBeInstanceOf(Date);
    expect(z.date().safeParse(new Date()).success).toBe(true);
    expect(structuredClone(new Date()) instanceof Date).toBe(true);
  });
});

describe('a Functions host that follows the clock', () => {
  let built: Built;
  beforeEach(async () => {
    built = await buildFixture();
  });
  afterEach(() => built.remove());

  it('fires at once what is due by then, once, and gives the function the moved time', async () => {
    // It never fires by itself while this test runs.
    const settings = { SWEEP_SCHEDULE: '0 0 */6 * * *' };
    const host = await startFixture(built, { settings, timers: true });
    try {
      moveAhead(24 * hours);
      await host.followClock();
      const { message } = await host.line(
        ({ source, function: name }) => source === 'app' && name === 'sweep',
      );
      await host.rest();
      const told = z.object({ scheduleStatus: z.object({ next: z.string() }) }).parse(JSON.parse(message));
      expect(Date.parse(told.scheduleStatus.next)).toBeLessThanOrEqual(Date.now());
      const fired = host.lines.filter(({ source, function: name }) => source === 'app' && name === 'sweep');
      expect(fired).toHaveLength(1);
      expect(Date.now() - Date.parse(fired[0]?.at ?? '')).toBeLessThan(hours);
    } finally {
      await host.close();
    }
  });

  it('keeps its time after a crash — the process that takes over starts with it', async () => {
    const host = await startFixture(built);
    try {
      moveAhead(24 * hours);
      await host.followClock();
      await host.get('/api/crash', { method: 'POST' }).catch(() => undefined);
      await host.line(({ message }) => message.includes('another one is started'));
      const started = host.lines.length;
      await expect
        .poll(
          () =>
            host.get('/api/runs/newest').then(
              (answer) => answer.status,
              () => 0,
            ),
          { timeout: 10_000 },
        )
        .toBe(200);
      const { at } = await host.line(
        (line) => host.lines.indexOf(line) >= started && line.function === 'newest',
      );
      expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(hours);
    } finally {
      await host.close();
    }
  });
});
