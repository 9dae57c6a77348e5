// The part that a step of this name has in the real playbook, for rows and playbooks that tests make by hand.
import { playbook } from '../../functions/steps/index.ts';
import type { Part } from '../../shared/model/words.ts';

export function partOf(name: string): { part?: Part } {
  const part = playbook.find((step) => step.name === name)?.part;
  return part === undefined ? {} : { part };
}
