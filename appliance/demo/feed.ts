/** The sample detections in small groups, each with the time at which it is sent. */

export interface SampleDetection {
  /** The line of the sample as text: parsing and writing it again would change digits in its log. */
  line: string;
  title: string;
  level: string;
  /** `user@host`, or the part of it that is known. */
  who: string;
  /** Milliseconds from the start to the detection. */
  at: number;
}

export interface Group {
  /** Milliseconds from the start; no detection of the group is later. */
  at: number;
  detections: SampleDetection[];
}

/** Spreads the sample's lines evenly over `spanMs`, in groups that span `groupMs`. */
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

/** The request body of a group: its lines with present timestamps. `start`: epoch milliseconds. */
export function bodyOf({ detections }: Group, start: number): string {
  // In every line of the sample the first `timestamp` is the detection's; the log comes last and is not changed.
  const dated = ({ line, at }: SampleDetection) =>
    line.replace(/"timestamp":"[^"]*"/, `"timestamp":"${new Date(start + at).toISOString()}"`);
  return detections.map(dated).join("\n");
}
