// Preflight as a function: once a day by timer, which mails on-call about anything new, and on demand by
// POST /api/preflight.
import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import type { SourceHealth } from '../../shared/alerts/source-health.ts';
import type { Notices } from '../../shared/mail/notices.ts';
import type { ClientName, Readers } from '../../shared/model/clients.ts';
import { type PreflightReport, preflight } from '../../shared/preflight/preflight.ts';
import { tellPreflight } from '../../shared/preflight/preflight-notice.ts';
import { queueShapes } from '../../shared/run/bus.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { runUnderWay } from '../../shared/run/open-run.ts';
import type { Settings } from '../../shared/settings.ts';
import type { Blobs } from '../../shared/store/blobs.ts';
import type { ServiceBusBus } from '../../shared/store/service-bus.ts';
import { Table, type TableService, tableNames } from '../../shared/store/table-client.ts';
import { coveredBy, declaredPermissions } from '../permissions.ts';
import type { ApiAnswer } from './api.ts';

export interface Preflight {
  /** Checks everything and changes nothing. */
  fly(): Promise<PreflightReport>;
  /** The same, and mails on-call about anything new. */
  daily(): Promise<void>;
}

interface Dependencies {
  settings: Settings;
  engine: Engine;
  bus: Pick<ServiceBusBus, 'warm'>;
  blobs: Blobs;
  tables: TableService;
  credential: TokenCredential;
  readers: (abort: AbortSignal) => Readers;
  tryTopic: (() => Promise<void>) | undefined;
  notices: Notices;
  health: SourceHealth;
}

/** A request by HTTP is cut off after 230 seconds (https://learn.microsoft.com/azure/azure-functions/functions-scale). */
const withinMs = 200_000;

const scopes = {
  graph: 'https://graph.microsoft.com/.default',
  exchange: 'https://outlook.office365.com/.default',
  defender: 'https://api.securitycenter.microsoft.com/.default',
} as const satisfies Record<ClientName, string>;

const modeSchema = z.looseObject({ mode: z.string() });

export function createPreflight(given: Dependencies): Preflight {
  const { settings, engine, bus, blobs, tables, credential, readers, tryTopic, notices, health } = given;
  const { playbook, progress, now, log } = engine;

  /** Parts that are not steps, such as triage, are always on. */
  function isOn(user: string): boolean {
    const step = playbook.find(({ name }) => name === user);
    if (step === undefined) return true;
    const read = modeSchema.safeParse(step.settings.safeParse(settings.STEPS[user] ?? {}).data);
    return read.data?.mode !== 'off';
  }

  const fly = () =>
    preflight({
      declared: declaredPermissions(playbook),
      coveredBy,
      playbook,
      isOn,
      readers: () => readers(AbortSignal.timeout(withinMs)),
      token: async (client) => {
        const token = await credential.getToken(scopes[client]);
        if (token === null) throw new Error('the credential has none');
        return token.token;
      },
      settings,
      health,
      runOf: (userId) => runUnderWay(progress, userId),
      own: {
        queues: queueShapes(playbook.map(({ name }) => name)).map(({ name }) => name),
        warm: (queues) => bus.warm(queues),
        tables: tableNames.map((name) => new Table(tables, name)),
        blobs,
        tryTopic,
      },
      now,
    });

  return {
    fly,
    async daily() {
      const report = await fly();
      log(
        `preflight: ${report.checks.length} checks, ${report.problems} problems, ${report.warnings} warnings`,
      );
      for (const { is, check, what } of report.checks) {
        if (is === 'problem') log(`preflight-problem: ${check}: ${what}`);
        if (is === 'warning') log(`preflight-warning: ${check}: ${what}`);
      }
      await tellPreflight(notices, report);
    },
  };
}

/** 200 whatever was found: the check itself worked. */
export async function answerPreflight({ fly }: Preflight): Promise<ApiAnswer> {
  return { status: 200, json: await fly() };
}
