// The pages in a real browser: what readers get with a keyboard or a screen reader, without JavaScript, and on a phone.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { launchChromium } from './chromium.ts';
import { finishedRun, serve } from './served.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const seenSchema = z.object({ violations: z.array(z.string()), wider: z.boolean() });

interface View {
  width: number;
  scheme: 'light' | 'dark';
}
const phone = { width: 390, scheme: 'light' } as const;
const phoneAtNight = { width: 390, scheme: 'dark' } as const;
const desk = { width: 1280, scheme: 'light' } as const;
const deskAtNight = { width: 1280, scheme: 'dark' } as const;

describe('in a browser', () => {
  let browser: Browser;
  /** One page for all tests that only look. */
  let reader: Page;
  let site: Awaited<ReturnType<typeof serve>>;
  let world: Awaited<ReturnType<typeof finishedRun>>;

  beforeAll(async () => {
    world = await finishedRun();
    site = await serve(world);
    browser = await launchChromium();
    reader = await browser.newPage();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  async function opened<T>(
    path: string,
    { width, scheme }: View,
    script: boolean,
    look: (page: Page) => Promise<T>,
  ) {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      colorScheme: scheme,
      javaScriptEnabled: script,
    });
    try {
      const page = await context.newPage();
      await page.goto(`${site.url}${path}`);
      return await look(page);
    } finally {
      await context.close();
    }
  }
  const runPath = () => `/api/runs/${world.id}`;

  const looks: [string, () => string, View][] = [
    ['a run with tasks', () => '/api/fixture/contained with tasks', phone],
    ['a run with tasks', () => '/api/fixture/contained with tasks', phoneAtNight],
    ['a run with tasks', () => '/api/fixture/contained with tasks', desk],
    ['a run with tasks', () => '/api/fixture/contained with tasks', deskAtNight],
    ['a run that is not contained', () => '/api/fixture/not contained, refused', phoneAtNight],
    ['a held run', () => '/api/fixture/held', deskAtNight],
    ['an open run', () => '/api/fixture/locked', phone],
    ['a run that was undone', () => '/api/fixture/undone in part', desk],
    ['the page behind Approve', () => '/api/fixture/held+approve', phone],
    ['the page behind Undo', () => '/api/fixture/contained+undo', deskAtNight],
    ['the way back to the owner', () => '/api/fixture/hand-back', phone],
    ['the pass', () => '/api/fixture/pass', deskAtNight],
    ['a refusal', () => `${runPath()}?do=nothing`, phoneAtNight],
    ['the list of runs', () => '/api/runs', phone],
    ['the list of a thousand runs', () => '/api/fixture/thousand', phone],
    ['the list of a thousand runs', () => '/api/fixture/thousand', deskAtNight],
  ];
  it.each(looks)('%s can be read by everybody and fits the screen', async (_name, path, view) => {
    await reader.setViewportSize({ width: view.width, height: 800 });
    await reader.emulateMedia({ colorScheme: view.scheme });
    await reader.goto(`${site.url}${path()}`);
    const seen = await reader.evaluate(
      `${axeSource}; axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => ({
        violations: violations.map(({ id, nodes }) => id + ': ' + nodes[0].html),
        wider: document.documentElement.scrollWidth > innerWidth,
      }))`,
    );
    expect(seenSchema.parse(seen)).toEqual({ violations: [], wider: false });
  });

  it('asks no other host for anything, and its policy refuses nothing of its own', async () => {
    const hosts = new Set<string>();
    const refused: string[] = [];
    await opened('/api/fixture/contained with tasks', desk, true, async (page) => {
      page.on('request', (request) => hosts.add(new URL(request.url()).host));
      page.on('console', (message) => refused.push(message.text()));
      await page.reload();
    });
    expect([...hosts]).toEqual([new URL(site.url).host]);
    expect(refused).toEqual([]);
  });

  it('ticks a task off with the keyboard alone, without JavaScript', async () => {
    await opened(runPath(), phone, false, async (page) => {
      expect(await page.textContent('h1')).toMatch(/1 TASK$/);
      await tabTo(page, 'Done: tick it off');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#reason');
      await tabTo(page, 'reason');
      await page.keyboard.type('asked by telephone: both were hers');
      await Promise.all([page.waitForURL(`${site.url}${runPath()}`), page.keyboard.press('Enter')]);
      expect(await page.textContent('h1')).not.toMatch(/TASK/);
      expect(await page.textContent('#log')).toContain('asked by telephone: both were hers');
    });
    const lock = world.simulation.rows().steps.find((entry) => entry.row.name === 'block-sign-in');
    expect(lock?.row.tasks[0]?.doneAt).not.toBeNull();
  });

  it('does not send a form without a reason', async () => {
    await opened(`${runPath()}?do=undo`, desk, false, async (page) => {
      const before = site.asked.length;
      await page.click('button');
      expect(site.asked.slice(before)).toEqual([]);
    });
  });

  it('reloads an open run by itself', async () => {
    await opened('/api/fixture/live', desk, false, async (page) => {
      await page.waitForEvent('domcontentloaded');
    });
    expect(site.asked.filter((line) => line === 'GET /api/fixture/live').length).toBeGreaterThan(1);
  });

  it('takes no order from another site’s page', async () => {
    const html = `<form method="post" action="${site.url}${runPath()}/undo"><input name="reason" value="false alarm"><button>Win</button></form>`;
    const other = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(html));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(`http://localhost:${port}/`);
      await Promise.all([page.waitForURL(`${site.url}/**`), page.click('button')]);
      expect(await page.textContent('h1')).toBe('Another site asked');
      expect(world.simulation.rows().run.row.endsAs).toBeNull();
    } finally {
      await context.close();
      other.close();
    }
  });
});

/** Presses Tab until the focus is on the link or field of that name. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate('document.activeElement?.id || document.activeElement?.textContent');
    if (focused === name) return;
  }
  throw new Error(`the keyboard does not reach ${name}`);
}
