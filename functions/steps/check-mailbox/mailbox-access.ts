// Add-ins, phones and forms: by these an intruder reads on after the password has changed. As Exchange's cmdlets return
// them; forms no interface returns.
import { z } from 'zod';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { formsGuide } from '../../../shared/microsoft365/links.ts';
import { didBy, doubt, type Look, none, type Symptoms } from '../../../shared/microsoft365/symptoms.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { Task } from '../../../shared/model/step.ts';
import { inQuotes, powerShellValue } from '../../../shared/model/text.ts';

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? '');

/** Get-App: those that the owner installed, and those that everybody has. */
export const addInSchema = z.object({ DisplayName: text, AppId: text, ProviderName: text, Scope: text });

export function addIn(app: z.infer<typeof addInSchema>, look: Look): Symptoms {
  if (/^(Organization|Default)$/i.test(app.Scope)) return none;
  const by = app.ProviderName === '' ? 'without a provider' : `of ${app.ProviderName}`;
  return doubt(look, {
    id: `add-in:${app.AppId}`,
    what: `add-in ${inQuotes(app.DisplayName)} ${by}`,
    evidence: didBy(look, /^New-App$/i, [app.DisplayName, app.AppId]),
    why: 'it was installed for this mailbox alone, nobody knows when',
    remedy: `Remove-App -Mailbox ${powerShellValue(look.account.userPrincipalName)} -Identity ${powerShellValue(app.AppId)}.`,
  });
}

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

export function phone(device: z.infer<typeof phoneSchema>, look: Look): Symptoms {
  const name = [device.FriendlyName || device.DeviceModel || device.DeviceId, device.DeviceOS]
    .filter(Boolean)
    .join(', ');
  const first = Date.parse(device.FirstSyncTime);
  const dated = Number.isNaN(first)
    ? 'first synchronized nobody knows when'
    : `first synchronized ${when(first)}`;
  const what = `phone or mail app ${name} (${device.ClientType || 'unknown kind'}), ${dated}`;
  if (/^Blocked$/i.test(device.DeviceAccessState)) return { findings: [{ what, why: 'is blocked already' }] };
  if (first < look.since) return { findings: [{ what, why: 'was there before the intruder' }] };
  return doubt(look, {
    id: `phone:${device.DeviceId}`,
    what,
    evidence: undefined,
    why: Number.isNaN(first) ? 'its age is not known' : 'new since the intruder came',
    remedy: `Remove-MobileDevice -Identity ${powerShellValue(device.Identity)}. To take the mail off it, first Clear-MobileDevice -AccountOnly.`,
  });
}

/** A form in the mailbox runs code in Outlook whenever a message asks for it. */
export const lookForForms = ({ userPrincipalName }: Account): Task => ({
  id: 'forms',
  what: 'custom forms and start pages of Outlook were not looked for: no interface lists them',
  instruction: `If Outlook for Windows is used: look for forms in the mailbox of ${userPrincipalName} with Get-AllTenantRulesAndForms.ps1, as the page describes, and delete those the owner does not know.`,
  link: formsGuide(),
  atHandBack: true,
});
