/** Which setting mends what stands still for a cause: the page of its integration, at the field that most likely is at fault. */

interface MendPlace {
  href: string;
  /** What is set there. */
  name: string;
}

/** What of a system is at fault for a cause. */
type Fault = "account" | "secret" | "place" | "address" | "trust" | "fields" | "type";

const faults: ReadonlyMap<string, Fault> = new Map([
  ["rejected", "fields"],
  ["issue_type", "type"],
  ["unauthorized", "secret"],
  ["captcha", "secret"],
  ["forbidden", "account"],
  ["not_found", "place"],
  ["redirected", "address"],
  ["unreachable", "address"],
  ["timeout", "address"],
  ["no_json", "address"],
  ["server_error", "address"],
  ["tls", "trust"],
]);

/** By system: the field of its page, and what people call it. */
const fields: Readonly<Record<string, Readonly<Record<Fault, readonly [field: string, name: string]>>>> = {
  jira: {
    account: ["email", "the account"],
    secret: ["api_token", "the API token"],
    place: ["project_key", "the project"],
    address: ["url", "the address"],
    trust: ["ca_file", "the certificate authority"],
    fields: ["extra_fields", "the extra fields"],
    type: ["issue_type", "the issue type"],
  },
  servicenow: {
    account: ["username", "the account"],
    secret: ["password", "the password"],
    place: ["table", "the table"],
    address: ["instance", "the instance"],
    trust: ["ca_file", "the certificate authority"],
    fields: ["extra_fields", "the extra fields"],
    type: ["table", "the table"],
  },
  proactive: {
    account: ["snow_app_id", "the application id"],
    secret: ["snow_secret", "the secret"],
    place: ["snow_table", "the table"],
    address: ["snow_base_url", "the address"],
    trust: ["snow_verify_ssl", "the check of the certificate"],
    fields: ["snow_service_identifier", "the service identifier"],
    type: ["snow_table", "the table"],
  },
};

/** Null where no setting mends it. */
export function mendPlace(system: string, cause: string): MendPlace | null {
  const fault = faults.get(cause);
  const found = fault === undefined ? undefined : fields[system]?.[fault];
  return found === undefined ? null : { href: `/settings/integrations/${system}#f-${found[0]}`, name: found[1] };
}
