// Which stages the circuit breaker entered, hour by hour. Whether on-call was told is kept with the notices; what they are
// told is read from the runs (breaker-notice.ts).

/** limited: runs only contain. held: runs wait. listed: held runs have no mail of their own. */
export const stages = ['limited', 'held', 'listed'] as const;
export type Stage = (typeof stages)[number];

/** `2026-11-20T10` */
export const hourOf = (now: Date): string => now.toISOString().slice(0, 13);

export interface BreakerStages {
  /** May be called often; a stage is entered once an hour. */
  trip(hour: string, stage: Stage): Promise<void>;
  of(hour: string): Promise<readonly Stage[]>;
}
