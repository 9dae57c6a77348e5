// How the permissions page names the users of a permission, and what is lost without it.
import type { Step } from '../shared/model/step.ts';

/** Users that aren't steps, and what stops working without them. */
const others: Readonly<Record<string, string>> = {
  'poll-alerts': 'that list is not asked for what is new; a stream or Sentinel may still bring it',
  'triage-alert': "alerts can't be confirmed or their accounts not classified, so runs are held",
  'hand-back': 'no pass can be made for an owner, who then needs one made by hand',
  'send-summary': 'on-call gets no mail, or one may come twice',
};

/** What stops working. */
export function withoutIt(users: readonly string[], playbook: readonly Step[]): string {
  const steps = users.filter((user) => isStep(user, playbook));
  const rest = users.filter((user) => !isStep(user, playbook));
  const unknown = rest.find((user) => others[user] === undefined);
  if (unknown !== undefined) {
    throw new Error(
      `${unknown} uses a permission, and infra/permission-words.ts does not say what is lost without`,
    );
  }
  return [
    ...rest.flatMap((user) => others[user] ?? []),
    ...(steps.length === 0
      ? []
      : [`${steps.join(', ')} ${steps.length === 1 ? 'fails and says so' : 'fail and say so'}`]),
  ].join('; ');
}

/** How to run without the permission, or that it isn't possible. */
export function offSetting(users: readonly string[], playbook: readonly Step[]): string {
  if (users.some((user) => !isStep(user, playbook))) {
    return 'not possible: the app itself needs it, whatever steps are on';
  }
  return `\`STEPS=${JSON.stringify(Object.fromEntries(users.map((name) => [name, { mode: 'off' }])))}\``;
}

const isStep = (user: string, playbook: readonly Step[]) => playbook.some(({ name }) => name === user);
