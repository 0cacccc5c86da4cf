/** @jsxImportSource hono/jsx */
/** The attack chain: which of ATT&CK's tactics were seen, in the order of the kill chain. */
import { Time } from "./time.tsx";

export const tactics = [
  "reconnaissance",
  "resource-development",
  "initial-access",
  "execution",
  "persistence",
  "privilege-escalation",
  "defense-evasion",
  "credential-access",
  "discovery",
  "lateral-movement",
  "collection",
  "command-and-control",
  "exfiltration",
  "impact",
] as const;

/** Tactics of later versions of ATT&CK that belong to one of the fourteen. */
const families: ReadonlyMap<string, string> = new Map([
  ["stealth", "defense-evasion"],
  ["defense-impairment", "defense-evasion"],
]);

function familyOf(tactic: string): string {
  return families.get(tactic) ?? tactic;
}

/** Where a word may be broken in narrow columns. */
const breaks: Readonly<Record<string, string>> = {
  Execution: "Exe\u00adcution",
  Persistence: "Persis\u00adtence",
  Privilege: "Privi\u00adlege",
  Escalation: "Esca\u00adlation",
  Credential: "Cre\u00addential",
  Discovery: "Dis\u00adcovery",
  Movement: "Move\u00adment",
  Command: "Com\u00admand",
  Collection: "Col\u00adlection",
  Exfiltration: "Exfil\u00adtration",
  Reconnaissance: "Recon\u00adnaissance",
  Development: "Develop\u00adment",
};

export function tacticName(tactic: string): string {
  if (tactic === "command-and-control") return "Command & Control";
  return tactic
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}

const broken = (tactic: string) =>
  tacticName(tactic)
    .split(" ")
    .map((word) => breaks[word] ?? word)
    .join(" ");

/** Fourteen ticks for a row of a list; those that were seen are tall. */
export const MiniChain = ({ seen }: { seen: readonly string[] }) => {
  const here = new Set(seen.map(familyOf));
  const names = tactics.filter((tactic) => here.has(tactic)).map(tacticName);
  return (
    <svg
      width="98"
      height="18"
      viewBox="0 0 98 18"
      role="img"
      aria-label={names.length === 0 ? "No tactic" : `${names.length} of 14 tactics: ${names.join(", ")}`}
    >
      <title>{names.join(" → ")}</title>
      {tactics.map((tactic, i) =>
        here.has(tactic) ? (
          <rect x={i * 7} y="2" width="5" height="14" rx="1" class="f-accent" />
        ) : (
          <rect x={i * 7} y="7.5" width="5" height="3" rx="1" class="f-line" />
        ),
      )}
    </svg>
  );
};

export interface ChainStep {
  tactic: string;
  /** Detections. */
  count: number;
  /** ISO 8601. */
  firstSeen: string;
}

/** Each tactic with its detections and when it was first seen; the busiest stands out. */
export const Chain = ({ steps }: { steps: readonly ChainStep[] }) => {
  const seen = new Map(steps.map((step) => [familyOf(step.tactic), step]));
  const most = Math.max(...steps.map(({ count }) => count), 1);
  return (
    <ol class="chain">
      {tactics.map((tactic) => {
        const step = seen.get(tactic);
        return (
          <li class={step === undefined ? "off" : step.count === most ? "hot" : "on"}>
            <b>{step?.count ?? 0}</b>
            <span class="t">{broken(tactic)}</span>
            {step === undefined ? null : <Time at={step.firstSeen} />}
          </li>
        );
      })}
    </ol>
  );
};
