/** The sample detections as small groups, each with the moment at which it goes in. */

export interface SampleDetection {
  /** The line of the sample, as text: parsing and writing it again would change the digits of its log. */
  line: string;
  title: string;
  level: string;
  /** `user@host`, as far as there is one. */
  who: string;
  /** Milliseconds after the start at which it happens. */
  at: number;
}

export interface Group {
  /** Milliseconds after the start; nothing in the group happens later. */
  at: number;
  detections: SampleDetection[];
}

/** Spreads the sample's lines evenly over `spanMs`, in groups of what happens within `groupMs`. */
export function planFeed(sample: string, spanMs: number, groupMs: number): Group[] {
  const lines = sample.split("\n").filter((line) => line !== "");
  const groups = new Map<number, Group>();
  for (const [index, line] of lines.entries()) {
    const at = Math.floor((index * spanMs) / lines.length);
    const end = (Math.floor(at / groupMs) + 1) * groupMs;
    const group = groups.get(end) ?? { at: end, detections: [] };
    groups.set(end, group);
    const { rule_title: title, level, user, host } = JSON.parse(line) as Record<string, string | null>;
    const name = user?.replace(/^.*\\/, "");
    const who = [name, host].filter(Boolean).join("@");
    group.detections.push({ line, title: title ?? "", level: level ?? "", who, at });
  }
  return [...groups.values()];
}

/** The request body of a group: its lines as they are, but happening now. `start`: epoch milliseconds. */
export function bodyOf({ detections }: Group, start: number): string {
  // In every line of the sample the first `timestamp` is the detection's own; the log, which comes last, stays as it was.
  const dated = ({ line, at }: SampleDetection) =>
    line.replace(/"timestamp":"[^"]*"/, `"timestamp":"${new Date(start + at).toISOString()}"`);
  return detections.map(dated).join("\n");
}
