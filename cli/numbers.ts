// Parses numbers in options, so that a wrong one is refused before anything is sent.
import { InvalidArgumentError } from 'commander';

/** For commander: a whole number within limits. */
export const whole =
  (least: number, most: number) =>
  (given: string): number => {
    const number = Number(given);
    if (/^\d+$/.test(given) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };
