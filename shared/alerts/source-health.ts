// When each source of alerts last answered and last brought something, so that silence can be told from peace: table
// `watch`, partition `source`, a row a source. A poller calls `answered` after each complete read, whatever it held;
// whoever takes an alert in calls `delivered`. Here: Table Storage, and a memory for tests.

export interface SourceState {
  /** The adapter's name (`alert`, `riskDetection`), or the way in (`stream`). */
  name: string;
  /** ISO 8601; null: never. */
  answeredAt: string | null;
  deliveredAt: string | null;
}

export interface SourceHealth {
  /** The source was asked and gave all it had, be it nothing. */
  answered(name: string, at: Date): Promise<void>;
  /** An alert of it has arrived. Costs one write a minute at most, however many arrive. */
  delivered(name: string, at: Date): Promise<void>;
  all(): Promise<readonly SourceState[]>;
  /** When this was first asked, kept from then on: where silence begins for an app that never heard anything. */
  watchedSince(now: Date): Promise<Date>;
}
