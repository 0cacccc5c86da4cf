/** A transition of an issue: its target status, resolution, and the fields of its screen (protocols 3.4). */
import type { IncidentStatus } from "../../core/incident.ts";
import { type FieldMeta, fieldName, isWanted } from "./create-meta.ts";
import { type Meanings, meaningOf } from "./issue-state.ts";

/** Jira's description, with the fields of the screen. */
export interface Transition {
  id?: string;
  name?: string;
  to?: { name?: string; statusCategory?: { key?: string } };
  fields?: Readonly<Record<string, FieldMeta>>;
}

/** A transition, judged by how near it leads to a status. */
export interface Step {
  id: string;
  to: string;
  /** Null if none can be set. */
  resolution: string | null;
  leadsTo: IncidentStatus | null;
  /** Configured fields that are on its screen. */
  fields: Readonly<Record<string, unknown>>;
  /** Required fields on its screen that nothing fills. */
  missing: string[];
}

/** `configured`: configured values by field id; only those on the screen are sent, because Jira refuses others. */
export function stepOf(
  transition: Transition,
  status: IncidentStatus,
  meanings: Meanings,
  configured: Readonly<Record<string, unknown>>,
): Step {
  const { id, to = {}, fields: screen = {} } = transition;
  const resolution = resolutionOf(screen, status, meanings);
  const fields = Object.fromEntries(Object.entries(configured).filter(([name]) => Object.hasOwn(screen, name)));
  const missing = Object.entries(screen)
    .filter(
      ([name, field]) =>
        isWanted(field) && !Object.hasOwn(fields, name) && !(name === "resolution" && resolution !== null),
    )
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

/** The resolution for a status, from those that the transition accepts. */
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
