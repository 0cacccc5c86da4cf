/** Detections of made-up rules, with logs as Sysmon writes them. */

export type Fields = Record<string, unknown>;

export const begin = Date.UTC(2026, 2, 12, 22, 41, 7);
export const at = (seconds: number) => new Date(begin + seconds * 1000).toISOString();

/** A program that was started, as Sysmon logs it. */
export const process = (computer: string, user: string, image: string, commandLine: string, parent: string) => ({
  EventID: 1,
  Channel: "Microsoft-Windows-Sysmon/Operational",
  Computer: computer,
  EventData: { Image: image, CommandLine: commandLine, User: user, ParentImage: parent, ProcessId: "4711" },
});
export const system32 = "C:\\Windows\\System32";
export const cmd = `${system32}\\cmd.exe`;
export const powershell = `${system32}\\WindowsPowerShell\\v1.0\\powershell.exe`;

export interface Rule {
  title: string;
  level: string;
  tags: string[];
}

export function detection(rule: Rule, seconds: number, fields: Fields): Fields {
  return {
    rule_id: `example-${rule.title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`.slice(0, 60),
    rule_title: rule.title,
    rule_author: "Example author",
    level: rule.level,
    tags: rule.tags.map((tag) => `attack.${tag}`),
    timestamp: at(seconds),
    ...fields,
  };
}
