/** Alerts of Wazuh's cloud modules: person, machine and address stand in the module's own record. */
import { valuesAt } from "./ecs.ts";
import { given, isMembers, type Members, membersOf } from "./engine.ts";
import { asAddress, type LogSubject } from "./log-subject.ts";

/** Members of `data` that are a module's record, also as words in `data.integration`. */
const modules = [
  ...[
    "office365",
    "aws",
    "github",
    "gcp",
    "azure",
    "ms-graph",
    "ms_graph",
    "msgraph",
    "okta",
    "gsuite",
    "google_workspace",
  ],
  ...["gitlab", "slack", "1password", "cloudflare", "jumpcloud", "duo", "auth0", "zoom", "box"],
];

/** Azure's records stand in `data` itself. */
const azureMembers = [
  "callerIpAddress",
  "azure_tag",
  "azure_aad_tag",
  "azure_storage_tag",
  "initiatedBy",
  "operationName",
];

/** Azure's name for a user's name in the claims of its activity log. */
const upnClaim = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
const nameClaim = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";

/** Best first, in any case, since Log Analytics writes `CallerIpAddress` where others write `callerIpAddress`; each is looked for in the module's record, in what Azure wraps as `properties`, and in `data`. */
const users = [
  // AWS: CloudTrail (a role's session by its whole name), GuardDuty.
  ...["userIdentity.userName", "userIdentity.arn", "userIdentity.principalId"],
  ...["resource.accessKeyDetails.userName"],
  // Google Cloud.
  ...["protoPayload.authenticationInfo.principalEmail", "protoPayload.authenticationInfo.principalSubject"],
  ...["jsonPayload.actor.user", "jsonPayload.principalEmail", "principalEmail"],
  // Azure and Microsoft Graph: audit, sign-ins, activity, alerts.
  ...["initiatedBy.user.userPrincipalName", "userPrincipalName", "caller", "upn", "identity.claims.upn"],
  ...["initiatedBy.user.displayName", "initiatedBy.app.displayName", "initiatedBy.app.servicePrincipalName"],
  ...["evidence.userAccount.userPrincipalName", "evidence.userAccount.accountName", "evidence.primaryAddress"],
  ...["userStates.userPrincipalName", "userStates.accountName", "servicePrincipalName"],
  // Office 365.
  ...["UserId", "UserKey"],
  // GitHub, Okta and others.
  ...[
    "actor",
    "actor.email",
    "actor.userPrincipalName",
    "actor.alternateId",
    "actor.login",
    "actor.name",
    "actor.user.email",
    "actor_login",
  ],
  ...["user.email", "user.login", "user.name", "user", "username", "userName", "author_name"],
  ...["userDisplayName", "requester", "initiatedBy", "identity"],
];

const addresses = [
  ...["sourceIPAddress", "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4"],
  ...["service.action.awsApiCallAction.remoteIpDetails.ipAddressV4"],
  ...["service.action.portProbeAction.portProbeDetails.remoteIpDetails.ipAddressV4"],
  ...["httpRequest.clientIp", "source_ip_address", "srcaddr", "client_ip", "remote_ip", "client_port"],
  ...["src_endpoint.ip", "internal_ip"],
  ...["protoPayload.requestMetadata.callerIp", "jsonPayload.sourceIP", "jsonPayload.connection.src_ip"],
  ...["httpRequest.remoteIp", "jsonPayload.remoteIp"],
  ...[
    "initiatedBy.user.ipAddress",
    "actor.ipAddress",
    "ipAddress",
    "callerIpAddress",
    "httpRequest.clientIpAddress",
    "clientIP",
  ],
  ...["evidence.ipAddress", "evidence.lastIpAddress", "userStates.logonIp", "networkConnections.sourceAddress"],
  ...["ClientIP", "ActorIpAddress", "ClientIPAddress"],
  ...["actor_ip", "client.ipAddress", "ip_address", "ip", "srcip", "src_ip"],
];

const machines = [
  ...["resource.instanceDetails.instanceId", "requestParameters.instanceId", "jsonPayload.vmInstanceName"],
  ...["resource.labels.instance_id", "jsonPayload.instance.vm_name"],
  ...["evidence.deviceDnsName", "hostStates.fqdn", "hostStates.netBiosName", "deviceDetail.displayName"],
  ...["assetAttributes.hostname", "device.hostname", "deviceName", "managedDeviceName"],
];

/** Placeholders that modules write instead of a name. */
const nobody = new Set(["not available", "unknown", "none", "null", "n/a", "system"]);

/** Person, machine and address of a cloud module's alert; null for any other alert. */
export function cloudSubject(alert: Members): Pick<LogSubject, "user" | "host" | "src_ip"> | null {
  const data = membersOf(alert.data);
  const records = modules.map((name) => data[name]).filter(isMembers);
  const named = modules.includes(given(data.integration)?.toLowerCase() ?? "");
  const properties = membersOf(data.properties);
  const isAzure =
    azureMembers.some((name) => name in data || name in properties) ||
    ("operationName" in data && ("resourceId" in data || "tenantId" in data || "category" in data)) ||
    /^azure/i.test(given(alert.location) ?? "");
  if (records.length === 0 && !named && !isAzure) return null;
  const places = [...records, data].flatMap((record) => [
    record,
    ...[record.properties, record.protoPayload, record.detail].filter(isMembers),
  ]);
  const lowered = places.map((place) => loweredNames(place, deepestName));
  const first = (paths: readonly string[]) =>
    paths
      .flatMap((path) => lowered.flatMap((place) => valuesAt(place, path.toLowerCase())))
      .map(given)
      .filter((text) => text !== null && !nobody.has(text.toLowerCase())) as string[];
  return {
    user: first(users)[0] ?? claimedName(places),
    host: first(machines)[0] ?? null,
    src_ip:
      first(addresses)
        .map(asAddress)
        .find((address) => address !== null) ?? null,
  };
}

/** The longest path has so many names. */
const deepestName = 6;

/** The same members with names in small letters, down to `depth`. */
function loweredNames(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item) => loweredNames(item, depth));
  if (!isMembers(value) || depth === 0) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.toLowerCase(), loweredNames(member, depth - 1)]),
  );
}

/** Names of claims have dots, which `valuesAt` finds its way through only where it is given them whole. */
function claimedName(places: readonly Members[]): string | null {
  for (const place of places) {
    const claims = membersOf(membersOf(place.identity).claims ?? place.claims);
    const name = given(claims[upnClaim]) ?? given(claims[nameClaim]);
    if (name !== null) return name;
  }
  return null;
}
