/** What errors of the appliance are to a client: status, title and words, the same in the API and the console. */
import { DeliveryError, EdgeError, StoreError, UsageError } from "../../core/errors.ts";
import { BadRequest } from "./api/read-request.ts";
import type { ProblemError } from "./problem.ts";

type Status = 400 | 401 | 403 | 404 | 409 | 410 | 412 | 422 | 429 | 500 | 502 | 503;

export interface Refusal {
  status: Status;
  title: string;
  /** What to do; safe for the caller to read. */
  detail: string;
  errors?: ProblemError[];
  /** Seconds. */
  retryAfter?: number;
}

/** What a refusal is called and which status it has; its message is the caller's to read. */
const refusals: Readonly<Record<string, { status: Status; title: string }>> = {
  incident_unknown: { status: 404, title: "Not Found" },
  alert_unknown: { status: 404, title: "Not Found" },
  case_unknown: { status: 404, title: "Not Found" },
  campaign_unknown: { status: 404, title: "Not Found" },
  actor_unknown: { status: 404, title: "Not Found" },
  unknown_backup: { status: 404, title: "Not Found" },
  pack_unknown: { status: 404, title: "Not Found" },
  exception_unknown: { status: 404, title: "Not Found" },
  user_unknown: { status: 404, title: "Not Found" },
  key_unknown: { status: 404, title: "Not Found" },
  delivery_unknown: { status: 404, title: "Not Found" },
  section_unknown: { status: 404, title: "Not Found" },
  fields_unknown: { status: 404, title: "Not Found" },
  not_configured: { status: 409, title: "Not configured" },
  ca_file: { status: 409, title: "Not configured" },
  preview_outdated: { status: 409, title: "The preview is outdated" },
  not_enabled: { status: 409, title: "Not enabled" },
  sample_refused: { status: 409, title: "Sample data" },
  identify_refused: { status: 409, title: "Not that ticket" },
  delivery_changed: { status: 409, title: "Decided meanwhile" },
  ticket_there: { status: 409, title: "The ticket is there" },
  ticket_doubtful: { status: 409, title: "Not certain" },
  delivery_state: { status: 409, title: "Not in this state" },
  webhook_off: { status: 403, title: "Webhooks are off" },
  webhook_signature: { status: 401, title: "Unauthorized" },
  webhook_outdated: { status: 401, title: "Unauthorized" },
  webhook_unreadable: { status: 400, title: "Unreadable body" },
  certificate_refused: { status: 422, title: "The certificate is refused" },
  certificate_changed: { status: 412, title: "Precondition Failed" },
  certificate_pinned: { status: 409, title: "Pinned" },
  log_level_fixed: { status: 409, title: "Fixed" },
  heartbeat_waits: { status: 409, title: "One waits already" },
  cannot_reload: { status: 409, title: "Nothing to reload" },
  tls_file: { status: 503, title: "The certificate cannot be written" },
  setting_pinned: { status: 409, title: "Pinned" },
  settings_changed: { status: 412, title: "Precondition Failed" },
  destination_unknown: { status: 404, title: "Not Found" },
  destination_configured: { status: 409, title: "Still configured" },
  caller_revoked: { status: 401, title: "Unauthorized" },
  account_changed: { status: 409, title: "The account was changed" },
  cursor_restored: { status: 410, title: "Gone" },
  incident_changed: { status: 409, title: "Changed meanwhile" },
  case_changed: { status: 409, title: "Changed meanwhile" },
  incident_newer: { status: 409, title: "A newer incident is open" },
  case_newer: { status: 409, title: "A newer case is active" },
  incident_exists: { status: 409, title: "The actor has an open incident" },
  backup_running: { status: 409, title: "A backup is being made" },
  user_exists: { status: 409, title: "The name is taken" },
  last_admin: { status: 409, title: "The last administrator" },
  user_changed: { status: 412, title: "Precondition Failed" },
  exception_changed: { status: 412, title: "Precondition Failed" },
  totp_not_set: { status: 409, title: "No second factor" },
  totp_not_begun: { status: 409, title: "No second factor is being set up" },
  exception_refused: { status: 422, title: "Unprocessable Content" },
  exceptions_full: { status: 409, title: "No more exceptions" },
  assets_changed: { status: 412, title: "Precondition Failed" },
  assets_refused: { status: 422, title: "Unprocessable Content" },
  assets_limit: { status: 422, title: "Unprocessable Content" },
  entity_foreign: { status: 403, title: "Forbidden" },
  cursor_gap: { status: 410, title: "Gone" },
  login_refused: { status: 401, title: "Unauthorized" },
  refresh_refused: { status: 401, title: "Unauthorized" },
  password_wrong: { status: 401, title: "Unauthorized" },
  totp_needed: { status: 401, title: "Second factor needed" },
  totp_wrong: { status: 401, title: "Wrong code" },
  login_throttled: { status: 429, title: "Too many failed logins" },
  sign_in_outdated: { status: 401, title: "Sign in again" },
  console_refused: { status: 403, title: "Not for this account" },
  logins_busy: { status: 503, title: "Busy" },
  no_correlation: { status: 503, title: "No incidents" },
};

/** Null for what is no refusal but a defect. */
export function refusalOf(error: unknown): Refusal | null {
  if (error instanceof BadRequest)
    return { status: 400, title: "Bad request", detail: error.message, errors: [...error.errors] };
  if (error instanceof StoreError)
    return {
      status: 503,
      title: "Not available",
      detail: "the database cannot be used at the moment: try again",
      retryAfter: 5,
    };
  if (error instanceof DeliveryError)
    return {
      status: 502,
      title: "The target does not answer as it should",
      detail: `${error.code}: ${error.message}`,
    };
  if (!(error instanceof EdgeError)) return null;
  const { code, message, data } = error;
  const field = (status: Status, title: string, name: string, reason: string): Refusal => ({
    status,
    title,
    detail: message,
    errors: [{ name, reason }],
  });
  if (code === "cursor_invalid")
    return { ...field(400, "Bad request", "cursor", message), detail: `cursor: ${message}` };
  if (error instanceof UsageError) {
    const [, name = "body", reason = message] = /^([a-z_]+): (.*)$/s.exec(message) ?? [];
    const refusal = field(400, "Bad request", name, reason);
    return Array.isArray(data.errors) ? { ...refusal, errors: data.errors as ProblemError[] } : refusal;
  }
  if (code === "notes_too_long") {
    const name = String(data.field);
    return field(422, "Too long", name, message.slice(name.length + 2));
  }
  const known = refusals[code];
  if (known === undefined) return null;
  const retryAfter = typeof data.retryAfter === "number" ? data.retryAfter : known.status === 503 ? 5 : undefined;
  const errors = Array.isArray(data.errors) ? { errors: data.errors as ProblemError[] } : {};
  return { ...known, detail: message, ...errors, ...(retryAfter === undefined ? {} : { retryAfter }) };
}
