// Rules that every step of the playbook must follow and no type can enforce.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { playbook } from '../../functions/steps/index.ts';
import { handedOn, type Step } from '../../shared/model/step.ts';
import { parts, stages } from '../../shared/model/words.ts';

const folder = new URL('../../functions/steps/', import.meta.url);
/** A step is a file, or a folder with a file of the same name and what only that step needs. */
const fileOf = new Map(
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== 'index.ts')
    .map((entry) =>
      entry.isDirectory()
        ? ([entry.name, `${entry.name}/${entry.name}.ts`] as const)
        : ([entry.name.replace(/\.ts$/, ''), entry.name] as const),
    ),
);
const files = [...fileOf.keys()];
const source = (name: string) => readFileSync(new URL(fileOf.get(name) ?? `${name}.ts`, folder), 'utf8');
const names = playbook.map((step) => step.name);
const followed = (step: Step) => [...step.after, ...step.againAfter, ...step.requires];
const each = playbook.map((step) => [step.name, step] as const);

/** The words that a title may begin with; names begin with the same ones. */
const verbs = new Set([
  ...[
    'block',
    'check',
    'collect',
    'confirm',
    'contain',
    'delete',
    'disable',
    'dismiss',
    'find',
    'remove',
    'require',
    'reset',
    'retract',
  ],
  ...['review', 'revoke', 'scan', 'take', 'tell', 'unblock', 'update', 'list', 'report'],
]);

describe('the playbook', () => {
  it('has each step once, by the name of its file', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(files).toContain(name);
  });

  it('lists every step file — a forgotten one would never run', () => {
    expect(files.filter((file) => !names.includes(file))).toEqual([]);
  });

  it('is in topological order, and so has no cycle: a step comes after everything it waits for or follows', () => {
    for (const [index, step] of playbook.entries()) {
      for (const name of followed(step)) {
        expect(names, `${step.name} follows ${name}`).toContain(name);
        expect(names.indexOf(name), `${step.name} stands before ${name}`).toBeLessThan(index);
      }
    }
  });

  it('locks before all else: no contain step waits for one of another stage', () => {
    const stageOf = new Map(playbook.map((step) => [step.name, step.stage]));
    for (const step of playbook.filter(({ stage }) => stage === 'contain')) {
      for (const name of [...step.after, ...step.requires]) expect(stageOf.get(name)).toBe('contain');
    }
  });

  it('does not let evidence delay a lock, or any step wait for a later stage', () => {
    const stageOf = new Map(playbook.map((step) => [step.name, stages.indexOf(step.stage)]));
    for (const step of playbook) {
      for (const name of step.requires) {
        expect(stageOf.get(name), `${step.name} requires ${name}`).toBeLessThanOrEqual(
          stages.indexOf(step.stage),
        );
      }
    }
  });

  it('has each part once — the rest of the app looks for the one step that has it', () => {
    for (const part of parts) {
      const having = playbook.filter((step) => step.part === part).map(({ name }) => name);
      expect(having, `part ${part}`).toHaveLength(1);
    }
    for (const handed of handedOn) {
      const handing = playbook.filter((step) => step.kind === 'investigation' && step.handsOn === handed);
      expect(handing, `hands on ${handed}`).toHaveLength(1);
    }
  });

  it('is known outside the steps only by its declarations: no other code names a step', () => {
    const named = ['shared', 'functions/alerts', 'functions/runs', 'infra', 'cli'].flatMap((place) =>
      readdirSync(new URL(`../../${place}/`, import.meta.url), { recursive: true, encoding: 'utf8' })
        // Rows of earlier versions have only names.
        .filter((file) => file.endsWith('.ts') && file !== 'store/row-versions.ts')
        .flatMap((file) => {
          const text = readFileSync(new URL(`../../${place}/${file}`, import.meta.url), 'utf8');
          return names.flatMap((name) => (text.includes(`'${name}'`) ? `${place}/${file}: '${name}'` : []));
        }),
    );
    expect(
      named,
      'declare what the code needs to know of the step (shared/model/step.ts), and ask for that',
    ).toEqual([]);
  });

  it('acts by default, and every step can be switched off or to report', () => {
    for (const step of playbook) {
      expect(step.mode(undefined)).toBe('act');
      expect(step.mode({ mode: 'off' })).toBe('off');
      expect(step.mode({ mode: 'report' })).toBe('report');
    }
  });

  it('refuses a setting that a step does not know — a misspelt one would change nothing', () => {
    for (const step of playbook) {
      expect(step.settings.safeParse({ mdoe: 'off' }).success, step.name).toBe(false);
      expect(step.settings.safeParse({ mode: 'never' }).success, step.name).toBe(false);
    }
  });
});

describe.each(each)('%s', (name, step) => {
  it('has a name that fits a queue, a row and a function', () => {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
    expect(name.length).toBeLessThanOrEqual(40);
  });

  it('has a title in the imperative, which on-call reads: one line without a full stop', () => {
    expect(step.title).toMatch(/^[A-Z][^\n.]*[^\s.]$/);
    expect(step.title.length).toBeLessThanOrEqual(60);
    const verb = step.title.split(' ')[0]?.toLowerCase() ?? '';
    const what = `"${step.title}" begins with "${verb}": begin it with one of ${[...verbs].join(', ')}, or add the verb to the list in this test`;
    expect(verbs.has(verb), what).toBe(true);
  });

  it('says what it removes, or what it looks at', () => {
    const said = step.kind === 'remediation' ? step.removes : step.collects;
    expect(said.trim().length).toBeGreaterThan(10);
    expect(said).not.toMatch(/[.\n]$/);
  });

  it('can be undone, or says in a sentence why not', () => {
    if (step.kind !== 'remediation') return;
    if (typeof step.undo === 'string') expect(step.undo).toMatch(/^[A-Z].{15,}[^\s]$/s);
    else expect(step.undo).toBeTypeOf('function');
  });

  it('names the guide that asks for it, if there is one', () => {
    for (const row of step.guide) expect(row).toMatch(/^(MS|SD)\b/);
  });

  it('declares each thing it needs, once', () => {
    const declared = Object.values(step.permissions);
    // A step that makes no request judges by what another handed on.
    if (declared.length === 0)
      expect(step).toMatchObject({ kind: 'investigation', after: [expect.any(String)] });
    for (const permissions of declared) {
      expect(permissions.length).toBeGreaterThan(0);
      expect(new Set(permissions).size).toBe(permissions.length);
      for (const permission of permissions)
        expect(permission).toMatch(/^[A-Z][A-Za-z0-9_]*([.-][A-Za-z0-9]+)+$/);
    }
  });

  it('only reads if it is an investigation: it declares no right to change anything', () => {
    if (step.kind !== 'investigation' || step.leaves !== null) return;
    for (const cmdlet of step.permissions.exchange ?? []) expect(cmdlet).toMatch(/^Get-/);
    for (const permission of step.permissions.graph ?? []) expect(permission).not.toMatch(/Write/);
  });

  it('does not follow itself, or anything twice', () => {
    const all = followed(step);
    expect(all).not.toContain(name);
    for (const list of [step.after, step.againAfter, step.requires])
      expect(new Set(list).size).toBe(list.length);
  });

  const text = source(name);

  it('says in its first lines why it exists', () => {
    expect(text).toMatch(/^\/\/ .{20,}/);
  });

  it.each([
    ['the environment', /process\.env/],
    ['the console', /\bconsole\./],
    ['queues, rows or the bus', /\b(queues?|progress|bus)\b\s*\.|shared\/run\/(?!step\.ts|csv\.ts)/],
    ['timers and waits of its own', /\bset(Timeout|Interval|Immediate)\b|\bretry\w*\(/i],
    ['a clock or chance of its own', /\bnew Date\(\)|Date\.now\(|Math\.random\(/],
  ])('contains no %s', (_, forbidden) => {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect(code.match(forbidden)?.[0]).toBeUndefined();
  });
});
