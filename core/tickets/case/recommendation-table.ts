/**
 * What to do: one row for each step in `recommendations.json`, easy to read and to add to. A row applies where the incident has what it is `for`
 * and one of its techniques, tactics or kinds of evidence (without any of these: always). Its sentence is filled from that; one that cannot be filled
 * is left out. `console` is the way by hand; `command` (`linux` on Linux, `local` for accounts of one machine) stands in its place where every name in it is
 * harmless to a shell: `{hosts'}` is a list of quoted names.
 */
import type { RiskLevel } from "../../risk.ts";
import table from "./recommendations.json" with { type: "json" };

/** What a step is about; it comes once for each of them, hosts together. Of objects only those that may be acted on are found. */
export type StepObject =
  /** Hosts without domain controllers and appliances, with those that others depend on apart; domain controllers; both. */
  | "hosts"
  | "controllers"
  | "any_hosts"
  /** Virtualisation hosts and network devices, which `hosts` leaves out. */
  | "appliances"
  /** Personal accounts; those of services and administrators; both; of a cloud: those with keys of their own, roles that were taken, the owner of all. */
  | "accounts"
  | "sensitive_accounts"
  | "all_accounts"
  | "cloud_accounts"
  | "cloud_roles"
  | "cloud_roots"
  | "addresses"
  | "private_addresses"
  | "domains"
  | "files"
  | "system_files"
  | "processes"
  | "dumps"
  | "hashes"
  | "services"
  | "tasks"
  | "disabled_tasks"
  | "run_keys"
  | "settings"
  | "subscriptions"
  | "new_accounts"
  | "group_changes"
  | "ticket_services"
  | "incident";

export type EvidenceKind =
  | "credential_dump"
  | "replication"
  | "replicated"
  | "forged_tickets"
  | "directory_dump"
  | "damage"
  | "recovery_inhibited"
  | "log_cleared";

export type StepSection = "contain" | "eradicate" | "prevent" | "practice";

export interface Step {
  section: StepSection;
  /** 0-100; the highest first. */
  urgency: number;
  for: StepObject;
  /** ATT&CK ids; a technique stands for its sub-techniques too. */
  techniques?: readonly string[];
  /** ATT&CK's short names. */
  tactics?: readonly string[];
  evidence?: readonly EvidenceKind[];
  /** Only from this risk level on; only below it. */
  level?: RiskLevel;
  below?: RiskLevel;
  /** Only on hosts that may have this system. */
  os?: string;
  do: string;
  command?: string;
  linux?: string;
  local?: string;
  console?: string;
  why: string;
}

export const steps: readonly Step[] = table.steps as readonly Step[];
