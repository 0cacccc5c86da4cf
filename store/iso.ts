/** DATETIME columns: ISO 8601 UTC with milliseconds, always 24 characters, so that text order is time order. */
export function toIso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function fromIso(text: string): number {
  return Date.parse(text);
}
