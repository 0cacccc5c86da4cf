/** @jsxImportSource hono/jsx */
/** The attack chain: which of ATT&CK's tactics were seen, in the order of the kill chain. */
import { families, familyOf } from "../../../../../core/attack/attack.ts";
import { Time } from "../time.tsx";

/** Short names of ATT&CK's tactics, in kill-chain order. */
export const tactics: readonly string[] = families.map(({ name }) => name);

/** The tactic that it belongs to, whatever version of ATT&CK names it. */
function tacticOf(name: string): string {
  return familyOf(name)?.name ?? name;
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
  // Long names stand in narrow columns.
  return (familyOf(tactic)?.title ?? tactic).replace(" and ", " & ");
}

const broken = (tactic: string) =>
  tacticName(tactic)
    .split(" ")
    .map((word) => breaks[word] ?? word)
    .join(" ");

/** Fourteen ticks for a row of a list; those that were seen are tall. */
export const MiniChain = ({ seen }: { seen: readonly string[] }) => {
  const here = new Set(seen.map(tacticOf));
  const names = tactics.filter((tactic) => here.has(tactic)).map(tacticName);
  return (
    <svg
      width="98"
      height="18"
      viewBox="0 0 98 18"
      role="img"
      aria-label={
        names.length === 0 ? "No tactic" : `${names.length} of ${tactics.length} tactics: ${names.join(", ")}`
      }
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
  const seen = new Map(steps.map((step) => [tacticOf(step.tactic), step]));
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
