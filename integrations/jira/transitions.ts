/** One transition of an issue: where it leads, with which resolution, and what its screen wants (protocols 3.4). */
import type { IncidentStatus } from "../../core/incident.ts";
import { type FieldMeta, fieldName, isWanted } from "./create-meta.ts";
import { type Meanings, meaningOf } from "./issue-state.ts";

/** As Jira tells it, with what its screen takes. */
export interface Transition {
  id?: string;
  name?: string;
  to?: { name?: string; statusCategory?: { key?: string } };
  fields?: Readonly<Record<string, FieldMeta>>;
}

/** A transition, as far as a status is brought nearer by it. */
export interface Step {
  id: string;
  to: string;
  /** Null: none can be set. */
  resolution: string | null;
  leadsTo: IncidentStatus | null;
  /** Of settings, that its screen takes. */
  fields: Readonly<Record<string, unknown>>;
  /** That its screen wants and nobody fills. */
  missing: string[];
}

/** `configured`: fields of settings by id; only those on the screen are sent, because Jira refuses the rest. */
export function stepOf(
  transition: Transition,
  status: IncidentStatus,
  meanings: Meanings,
  configured: Readonly<Record<string, unknown>>,
): Step {
  const { id, to = {}, fields: screen = {} } = transition;
  const resolution = resolutionOf(screen, status, meanings);
  const fields = Object.fromEntries(Object.entries(configured).filter(([name]) => name in screen));
  const missing = Object.entries(screen)
    .filter(([name, field]) => isWanted(field) && !(name in fields) && !(name === "resolution" && resolution !== null))
    .map(([name, field]) => fieldName(name, field));
  return {
    id: String(id),
    to: String(to.name),
    resolution,
    leadsTo: meaningOf(to, resolution, meanings),
    fields,
    missing,
  };
}

/** Of those that the transition takes: one that means what is wanted. */
function resolutionOf(
  screen: Readonly<Record<string, FieldMeta>>,
  status: IncidentStatus,
  { falsePositiveResolutions: falseOnes }: Meanings,
): string | null {
  const allowed = (screen.resolution?.allowedValues ?? []) as { name?: string }[];
  const names = allowed.map(({ name }) => String(name));
  if (status === "FALSE_POSITIVE")
    return (
      falseOnes
        .map((wanted) => names.find((name) => name.toLowerCase() === wanted))
        .find((name) => name !== undefined) ??
      names[0] ??
      null
    );
  return names.find((name) => !falseOnes.includes(name.toLowerCase())) ?? names[0] ?? null;
}
