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

export interface Administration {
  certificate: CertificateState;
  backups: BackupState;
  reload: ReloadState | null;
}

/** Null for who may not. */
export function readAdministration({ caller, ports }: PageRequest): Administration | null {
  if (!may(caller, "administer")) return null;
  const { certificate, backups, system } = ports.api;
  return {
    certificate: certificate.read() as unknown as CertificateState,
    backups: backups.status() as unknown as BackupState,
    reload: system.lastReload() as ReloadState | null,
  };
}
