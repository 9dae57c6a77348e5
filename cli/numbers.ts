// Numbers as options take them: what is no such number is refused before anything is sent, in the words of the command.
import { InvalidArgumentError } from 'commander';

/** For commander: a whole number within limits. */
export const whole =
  (least: number, most: number) =>
  (given: string): number => {
    const number = Number(given);
    if (/^\d+$/.test(given) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };
