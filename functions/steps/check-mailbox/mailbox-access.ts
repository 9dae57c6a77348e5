// Add-ins, phones and forms, through which an intruder goes on reading after the password has changed. As Exchange's
// cmdlets return them; no interface lists forms.
import { z } from 'zod';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { mayBeRemoved } from '../../../shared/intruder/tie.ts';
import { formsGuide } from '../../../shared/microsoft365/links.ts';
import { cameFrom, nameOfPhone, type Phone } from '../../../shared/microsoft365/mailbox-settings.ts';
import { didBy, doubt, type Look, none, type Symptoms } from '../../../shared/microsoft365/symptoms.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { Task } from '../../../shared/model/step.ts';
import { capital, inQuotes, powerShellValue } from '../../../shared/model/text.ts';

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? '');

/** Get-App: those that the owner installed, and those that everybody has. */
export const addInSchema = z.object({ DisplayName: text, AppId: text, ProviderName: text, Scope: text });

export function addIn(app: z.infer<typeof addInSchema>, look: Look): Symptoms {
  if (/^(Organization|Default)$/i.test(app.Scope)) return none;
  const by = app.ProviderName === '' ? 'without a provider' : `of ${inQuotes(app.ProviderName)}`;
  return doubt(look, {
    id: `add-in:${app.AppId}`,
    what: `add-in ${inQuotes(app.DisplayName)} ${by}`,
    evidence: didBy(look, /^New-App$/i, [app.DisplayName, app.AppId]),
    why: 'it was installed for this mailbox alone, nobody knows when',
    whether: `the add-in ${inQuotes(app.DisplayName)} is`,
    says: `It is ${by}, installed for this mailbox alone, nobody knows when.`,
    remedy: `Remove the add-in ${inQuotes(app.DisplayName)}`,
    remains: 'an add-in',
    commands: [
      `Remove-App -Mailbox ${powerShellValue(look.account.userPrincipalName)} -Identity ${powerShellValue(app.AppId)}`,
    ],
  });
}

export function phone(device: Phone, look: Look): Symptoms {
  const name = nameOfPhone(device);
  const first = Date.parse(device.FirstSyncTime);
  const dated = Number.isNaN(first)
    ? 'first synchronized nobody knows when'
    : `first synchronized ${when(first)}`;
  const what = `phone or mail app ${name} (${device.ClientType || 'unknown kind'}), ${dated}`;
  const act = cameFrom(look.acts, device);
  if (/^Blocked$/i.test(device.DeviceAccessState)) return { findings: [{ what, why: 'is blocked already' }] };
  if (first < look.since) return { findings: [{ what, why: 'was there before the intruder' }] };
  return doubt(look, {
    id: `phone:${device.DeviceId}`,
    what,
    ...(act !== undefined && mayBeRemoved(act, 'irreversible')
      ? { evidence: act.evidence, isReset: true as const }
      : { evidence: act?.evidence }),
    why: Number.isNaN(first) ? 'its age is not known' : 'new since the intruder came',
    whether: `the phone or mail app ${name} is`,
    says: `${capital(dated)}${device.ClientType === '' ? '' : ` (${device.ClientType})`}${Number.isNaN(first) ? '' : ', after the intruder came'}.`,
    remedy: `Take the mail off ${name}, then remove it`,
    how: 'Clear-MobileDevice takes the mail off at its next sync; run Remove-MobileDevice only then.',
    commands: [
      `Clear-MobileDevice -Identity ${powerShellValue(device.Identity)} -AccountOnly -Confirm:$false`,
      `Remove-MobileDevice -Identity ${powerShellValue(device.Identity)} -Confirm:$false`,
    ],
    remains: 'a phone or mail app',
  });
}

/** A form in the mailbox runs code in Outlook whenever a message asks for it. */
export const lookForForms = ({ userPrincipalName }: Account): Task => ({
  id: 'forms',
  what: 'Look for custom forms and home pages of Outlook',
  instruction: `Only if classic Outlook for Windows is used; no interface lists them. Run Get-AllTenantRulesAndForms.ps1 as the page describes, and delete what the owner of ${userPrincipalName} does not know.`,
  role: 'Global Administrator or Exchange Administrator',
  link: formsGuide(),
  atHandBack: true,
});
