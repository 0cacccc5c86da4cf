/** What `/system` shows to administrators besides: certificate, backups, and the last reload, as the API gives them. */
import { may } from "../../../../../core/access/caller.ts";
import type { PageRequest } from "../../page.ts";

export interface CertificateState {
  source: "self_signed" | "uploaded" | "files" | "none";
  file: string | null;
  changeable: boolean;
  certificate: {
    subject: string;
    issuer: string;
    names: string[];
    self_signed: boolean;
    renews_itself: boolean;
    not_before: string;
    not_after: string;
    fingerprint_sha256: string;
    key: string;
    chain: { subject: string; not_after: string }[];
  } | null;
}

export interface BackupState {
  folder: string;
  schedule: string | null;
  keep: number;
  next_at: string | null;
  last: { at: string; bytes: number } | null;
  failure: { at: string; message: string } | null;
  running: { phase: "copy" | "check" | "pack"; done: number; total: number } | null;
  backups: { name: string; bytes: number; at: string }[];
}

export interface ReloadState {
  at: string;
  by: string;
  outcome: "taken" | "refused";
  changes: { setting: string; from: string | null; to: string | null; restart: string | null }[];
  refused: { place: string; key: string; message: string }[];
}

/** `GET /api/system/retention`. */
export interface RetentionState {
  days: number;
  configured_days: number;
  audit_days: number;
  next_run: string | null;
  waits_for_clock: boolean;
  kinds: {
    kind: string;
    rows: number;
    bytes: number;
    oldest: string | null;
    removes: number;
    removes_bytes: number;
    removes_at_least: boolean;
  }[];
}

export interface LogState {
  level: string;
  configured: string;
  temporary: boolean;
}

export interface HeartbeatState {
  feed: string;
  name: string;
  every_minutes: number;
  last_sent: string | null;
  next: string | null;
  waits: boolean;
}

export interface Administration {
  retention: RetentionState;
  log: LogState | null;
  heartbeats: HeartbeatState[];
  certificate: CertificateState;
  backups: BackupState;
  reload: ReloadState | null;
}

/** Null for who may not. */
export async function readAdministration({ caller, ports, url }: PageRequest): Promise<Administration | null> {
  if (!may(caller, "administer")) return null;
  const { certificate, backups, system, overview } = ports.api;
  const days = Number(url.searchParams.get("days") ?? "");
  return {
    retention: (await overview.retention(
      Number.isInteger(days) && days >= 1 && days <= 36_500 ? days : null,
    )) as unknown as RetentionState,
    log: system.logLevel() as LogState | null,
    heartbeats: system.heartbeats() as HeartbeatState[],
    certificate: certificate.read() as unknown as CertificateState,
    backups: backups.status() as unknown as BackupState,
    reload: system.lastReload() as ReloadState | null,
  };
}
