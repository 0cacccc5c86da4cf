/** What a role does to scores and advice, in words for people who give it. */
import { type AccountRoleName, type Criticality, type HostRoleName, usualCriticality } from "./asset.ts";
import { isOrdinaryRole, pointsOfCriticality } from "./weight.ts";

/** `criticality`: null = the role's own. */
export function roleEffect(role: HostRoleName | AccountRoleName | null, criticality: Criticality | null): string {
  const points = pointsOfCriticality(criticality ?? usualCriticality(role));
  const said = [
    ...(points > 0 ? [`adds up to ${points} points to a score that it is part of`] : []),
    ...(isOrdinaryRole(role) ? ["where all evidence is of its own work, an incident takes 30 points more"] : []),
    ...(role === "domain_controller" ? ["advice never says to isolate it"] : []),
  ];
  return said.length === 0 ? "adds nothing to a score" : said.join("; ");
}
