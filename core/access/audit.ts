/** What the audit log keeps of an administrative act. */
export interface AuditEntry {
  /** Epoch milliseconds. */
  at: number;
  /** User name, `key NAME`, or `command line`. */
  who: string;
  /** Such as `user.create`. */
  action: string;
  /** The object of the act. */
  target: string;
  /** Never holds a secret. */
  detail: Record<string, unknown>;
  /** IP address it came from; "" for the command line. */
  address: string;
  /** `api`, `console` or `command`. */
  source: string;
}
