// When each source of alerts last answered and last delivered, to tell silence from peace. The poller calls `answered` after
// each complete read, even an empty one; triage calls `delivered` for each alert.

export interface SourceState {
  /** The adapter's name (`alert`, `riskDetection`), or the way it came (`stream`). */
  name: string;
  /** ISO 8601; null: never. */
  answeredAt: string | null;
  deliveredAt: string | null;
}

export interface SourceHealth {
  /** The source was asked and gave everything it had, even if that was nothing. */
  answered(name: string, at: Date): Promise<void>;
  /** An alert arrived. At most one write a minute, however many arrive. */
  delivered(name: string, at: Date): Promise<void>;
  all(): Promise<readonly SourceState[]>;
  /** When this was first called. For an app that never heard anything, silence starts there. */
  watchedSince(now: Date): Promise<Date>;
}
