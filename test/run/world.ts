// A small tenant for generated histories: things that steps find and remove, and a playbook over them with every kind
// of order that the real one has. It counts what was done to it, so that a test can compare the record with it.
import { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import { nobodyKnown } from '../../shared/model/intruder.ts';
import {
  type Change,
  type Context,
  type Found,
  investigation,
  remediation,
  type Step,
  settings,
} from '../../shared/model/step.ts';
import { partOf } from '../fakes/part-of.ts';

export interface WorldOptions {
  /** What each step will find, by step name; an entry that begins with ! carries evidence once the intruder is known. */
  things: Readonly<Record<string, readonly string[]>>;
  /** Steps whose fix the service refuses; `undo block-sign-in` is one whose undo it refuses. */
  refused: readonly string[];
  /** Called before each request; throws to throttle or to let the process die. */
  before?: (request: string) => void;
  /** Called after each request took effect. */
  after?: (request: string) => void;
}

export interface Effect {
  step: string;
  id: string;
  did: 'fix' | 'undo';
}

/** What is done only once, slowly or invisibly: still found for a while after it was done. */
const once = ['unblock-sender', 'scan-devices'];
const slowLooks = 1;

export class World {
  readonly effects: Effect[] = [];
  readonly requests: string[] = [];
  readonly #present = new Map<string, Set<string>>();
  readonly #slow = new Map<string, number>();
  readonly options: WorldOptions;
  /** Polls that the audit query still answers with "running". */
  polls = 2;
  /** What a test wants to check at the moment of a fix. */
  onFix: (step: string, change: Change<{ was: string }>) => void = () => {};

  constructor(options: WorldOptions) {
    this.options = options;
    for (const [step, ids] of Object.entries(options.things)) this.#present.set(step, new Set(ids));
  }

  has(step: string): readonly string[] {
    return [...(this.#present.get(step) ?? [])];
  }

  putBack(step: string, id: string): void {
    this.#present.get(step)?.add(id);
  }

  request<T>(name: string, work: () => T): T {
    this.options.before?.(name);
    this.requests.push(name);
    const answer = work();
    this.options.after?.(name);
    return answer;
  }

  fix(step: string, change: Change<{ was: string }>): void {
    this.request(`fix ${step}`, () => {
      if (this.options.refused.includes(step)) throw new PermanentError(`${step}: refused`, { status: 403 });
      this.onFix(step, change);
      this.effects.push({ step, id: change.id, did: 'fix' });
      if (!once.includes(step)) this.#present.get(step)?.delete(change.id);
      else this.#slow.set(`${step} ${change.id}`, slowLooks);
    });
  }

  /** One look by a step: things with a slow effect are found a few more times. */
  look(step: string): readonly string[] {
    const found = this.has(step);
    for (const id of found) {
      const left = this.#slow.get(`${step} ${id}`);
      if (left === undefined) continue;
      this.#slow.set(`${step} ${id}`, left - 1);
      if (left <= 1) this.#present.get(step)?.delete(id);
    }
    return found;
  }

  undo(step: string, id: string): void {
    this.request(`undo ${step}`, () => {
      if (this.options.refused.includes(`undo ${step}`)) throw new PermanentError(`${step}: refused`);
      this.effects.push({ step, id, did: 'undo' });
      this.#present.get(step)?.add(id);
    });
  }
}

const permissions = { graph: ['User.Read.All'] } as const;
const before = z.object({ was: z.string() });

type Options = Partial<Pick<Step, 'after' | 'againAfter' | 'requires'>> &
  Partial<{ restoredAtHandBack: true | 'after approval' }>;

export function playbookOf(world: World): Step[] {
  const fixes = (name: string, stage: Step['stage'], options: Options = {}) =>
    remediation({
      name,
      ...partOf(name),
      title: name,
      removes: name,
      guide: [],
      stage,
      settings: settings('act'),
      permissions,
      appliesTo: () => true,
      before,
      ...options,
      find: async (context) => world.request(`find ${name}`, () => found(name, context, world)),
      fix: async (change) => world.fix(name, change),
      undo: name.startsWith('revoke')
        ? 'Revoked sessions cannot be given back.'
        : async (change) => {
            world.undo(name, change.id);
            return undefined;
          },
    });
  const looks = (name: string, options: Partial<Pick<Step, 'after' | 'againAfter' | 'requires'>> = {}) =>
    investigation({
      name,
      title: name,
      collects: name,
      guide: [],
      stage: 'collect',
      settings: settings('act'),
      permissions,
      appliesTo: () => true,
      memo: z.object({ query: z.string() }),
      ...options,
      collect: async (context, memo) =>
        world.request(`collect ${name}`, () => {
          if (name === 'collect-audit-log' && (memo === undefined || world.polls > 0)) {
            world.polls -= 1;
            return { laterSeconds: 20, memo: { query: memo?.query ?? 'q1' } };
          }
          const addresses = [...context.intruder.addresses, name];
          return { findings: [], intruder: { ...nobodyKnown, addresses } };
        }),
    });
  return [
    fixes('block-sign-in', 'contain'),
    looks('collect-sign-ins'),
    fixes('reset-password', 'evict', { againAfter: ['remove-admin-roles'] }),
    fixes('revoke-sessions', 'contain', { againAfter: ['reset-password'] }),
    looks('collect-audit-log', { after: ['collect-sign-ins'] }),
    fixes('disable-inbox-rules', 'evict', { after: ['collect-sign-ins'], againAfter: ['collect-audit-log'] }),
    fixes('remove-auth-methods', 'evict', {
      requires: ['block-sign-in'],
      againAfter: ['collect-sign-ins', 'collect-audit-log'],
    }),
    fixes('scan-devices', 'evict'),
    fixes('disable-mailbox-protocols', 'evict', { restoredAtHandBack: true }),
    fixes('remove-admin-roles', 'evict', { restoredAtHandBack: 'after approval' }),
    fixes('update-alert', 'close'),
    fixes('delete-passes', 'hand-back'),
    fixes('dismiss-risk', 'hand-back'),
    fixes('unblock-sender', 'hand-back', {
      requires: ['reset-password', 'revoke-sessions', 'disable-inbox-rules'],
    }),
  ];
}

function found(name: string, context: Context<unknown>, world: World): Found<{ was: string }> {
  const known = context.intruder.addresses.length > 0;
  const deep = context.intruder.addresses.includes('collect-audit-log');
  const ids = world
    .look(name)
    .filter((id) => !id.startsWith('deep') || deep)
    .filter((id) => !id.startsWith('!') || known);
  return {
    changes: ids.map((id) => ({
      id,
      what: `${name} ${id}`,
      why: 'found',
      before: { was: id },
      ...(id.startsWith('!') ? { evidence: 'made by the intruder' } : {}),
      ...(once.includes(name) ? { once: true as const } : {}),
    })),
  };
}
