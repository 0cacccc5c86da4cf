/** What a check has found, for people. */

/** The worst first. `error`: it does not start; `problem`: something has to be mended; `note`: how it was checked. */
export const findingLevels = ["error", "problem", "warning", "note", "ok"] as const;

export interface Finding {
  level: (typeof findingLevels)[number];
  /** What, where, how to mend, on one line. */
  line: string;
}

export function worstFirst(findings: readonly Finding[]): Finding[] {
  return findingLevels.flatMap((level) => findings.filter((one) => one.level === level));
}

/** Whether something has to be mended. */
export function isWrong({ level }: Finding): boolean {
  return level === "error" || level === "problem";
}
