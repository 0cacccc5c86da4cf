/** Numbered messages, and what became of them. */
import type { SyslogBytes } from "../../core/ports.ts";

/** `count` valid RFC 5424 messages of `bytes` bytes each, numbered from `from`. */
export function numbered(count: number, bytes = 200, from = 1): SyslogBytes[] {
  return Array.from({ length: count }, (_, index) => {
    const start = `<134>1 2026-03-13T04:30:00Z RhythmX sigma_alerts 4711 - [sigma@32473 id="${from + index}"] {"n":${from + index},"fill":"`;
    return Buffer.from(`${start}${"x".repeat(Math.max(0, bytes - start.length - 2))}"}`);
  });
}

export function texts(messages: readonly SyslogBytes[]): string[] {
  return messages.map((message) => Buffer.from(message).toString("utf8"));
}

/** Each message once, in the order of its first arrival. */
export function withoutRepeats(messages: readonly string[]): string[] {
  return [...new Set(messages)];
}
