// Settings that make a mailbox reply, hide or publish, or be read from elsewhere, as Exchange's cmdlets return them,
// and the intruder's act that set them. A setting has no date and no author, so the audit log decides.
import { z } from 'zod';
import { type Act, parameterOf, parametersOf } from '../intruder/acts.ts';
import { inQuotes } from '../model/text.ts';

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? '');

/** Get-MailboxAutoReplyConfiguration */
export const autoReplySchema = z.object({
  AutoReplyState: text,
  ExternalAudience: text,
  InternalMessage: text,
  ExternalMessage: text,
  StartTime: text,
  EndTime: text,
});
export type AutoReply = z.infer<typeof autoReplySchema>;
export const isReplying = ({ AutoReplyState }: Pick<AutoReply, 'AutoReplyState'>) =>
  /^(Enabled|Scheduled)$/i.test(AutoReplyState);

/** Get-SweepRule */
export const sweepSchema = z.object({
  Name: text,
  RuleId: text,
  Enabled: z
    .boolean()
    .nullish()
    .transform((given) => given ?? false),
  Sender: text,
  DestinationFolder: text,
});
export type SweepRule = z.infer<typeof sweepSchema>;

/** Get-MailboxCalendarFolder */
export const calendarSchema = z.object({
  PublishEnabled: z
    .boolean()
    .nullish()
    .transform((given) => given ?? false),
  DetailLevel: text,
  PublishDateRangeFrom: text,
  PublishDateRangeTo: text,
  SearchableUrlEnabled: z
    .boolean()
    .nullish()
    .transform((given) => given ?? false),
});

/** Get-MobileDevice */
export const phoneSchema = z.object({
  Identity: text,
  DeviceId: text,
  FriendlyName: text,
  DeviceModel: text,
  DeviceOS: text,
  ClientType: text,
  DeviceAccessState: text,
  FirstSyncTime: text,
});
export type Phone = z.infer<typeof phoneSchema>;

export const nameOfPhone = ({ FriendlyName, DeviceModel, DeviceId, DeviceOS }: Phone) =>
  inQuotes([FriendlyName || DeviceModel || DeviceId, DeviceOS].filter(Boolean).join(', '));

const isSet = (act: Act, name: string) =>
  !['', 'false', '$false'].includes((parameterOf(act, name) ?? '').toLowerCase());

/** The act that switched automatic replies on, or gave them their text. */
export const replySetBy = (acts: readonly Act[]): Act | undefined =>
  acts.find(
    (act) =>
      act.succeeded &&
      /^Set-MailboxAutoReplyConfiguration$/i.test(act.activity) &&
      !/^disabled$/i.test(parameterOf(act, 'AutoReplyState') ?? ''),
  );

/** The act that names this thing as what it was done to. */
const named = (acts: readonly Act[], names: RegExp, called: readonly string[]) => {
  const wanted = called.flatMap((name) => (name === '' ? [] : name.toLowerCase()));
  return acts.find((act) => {
    const said = [act.object ?? '', ...parametersOf(act)].map((one) => one.toLowerCase());
    return (
      act.succeeded &&
      names.test(act.activity) &&
      said.some((one) => wanted.some((name) => one === name || one.endsWith(`\\${name}`)))
    );
  });
};

export const sweepMadeBy = (acts: readonly Act[], { Name, RuleId }: SweepRule): Act | undefined =>
  named(acts, /^(New|Set|Enable)-SweepRule$/i, [Name, RuleId]);

/** Folders that the intruder published, each once, with the act. */
export function publishedBy(acts: readonly Act[]): ReadonlyMap<string, Act> {
  const found = new Map<string, Act>();
  for (const act of acts) {
    if (!act.succeeded || !/^Set-MailboxCalendarFolder$/i.test(act.activity)) continue;
    if (!isSet(act, 'PublishEnabled')) continue;
    const [, folder = 'Calendar'] = (parameterOf(act, 'Identity') ?? act.object ?? '').split(':\\');
    if (!found.has(folder)) found.set(folder, act);
  }
  return found;
}

/** The act that came from this phone or mail app. */
export function cameFrom(acts: readonly Act[], { DeviceId }: Phone): Act | undefined {
  if (DeviceId === '') return undefined;
  const wanted = DeviceId.toLowerCase();
  return acts.find(({ data, trace }) =>
    [data['DeviceId'], trace?.device].some((one) => typeof one === 'string' && one.toLowerCase() === wanted),
  );
}
