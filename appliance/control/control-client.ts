/** Calls the running appliance through its control socket, for commands. */
import { EdgeError, UsageError } from "../../core/errors.ts";
import { version } from "../runtime/version.ts";
import { socketAddress } from "./control-address.ts";
import type { DoctorReport, Operations } from "./operations.ts";

/**
 * The operations of the appliance that runs on this data folder; null if none runs. `onOtherVersion` is called with its version if that
 * differs from this program's. @throws EdgeError no_access: the folder belongs to another user
 */
export async function connectControl(
  dataDir: string,
  onOtherVersion: (running: string) => void = () => {},
): Promise<Operations | null> {
  let running = version;
  const call = async (path: string, body: Uint8Array | string, type = "application/json"): Promise<unknown> => {
    const address = addressIn(dataDir);
    try {
      return await post(address.path, path, body, type);
    } catch (error) {
      if (error instanceof UnknownCall)
        throw new EdgeError("other_version", `the running service (${running}) does not know this command: restart it`);
      throw error;
    } finally {
      address.release();
    }
  };
  const json = <T>(path: string, body: unknown) => call(path, JSON.stringify(body)) as Promise<T>;
  try {
    const answer = (await call("/ping", "{}")) as { version?: string };
    running = answer.version ?? "an older version";
    if (running !== version) onOtherVersion(running);
  } catch (error) {
    if (isAbsent(error)) return null;
    if (isForbidden(error)) throw noAccess(dataDir);
    if (!(error instanceof EdgeError)) throw error;
  }
  return {
    createKey: (key) => json("/key/create", key),
    listKeys: () => json("/key/list", {}),
    revokeKey: (id) => json("/key/revoke", { id }),
    createUser: (user) => json("/user/create", user),
    listUsers: () => json("/user/list", {}),
    changeUser: (name, change) => json("/user/change", { name, change }),
    countReplay: (request) => json("/replay/count", request),
    replay: (request) => json("/replay", request),
    listDestinations: () => json("/destinations/list", {}),
    countSkip: (destination, to) => json("/destinations/skip/count", { destination, to }),
    skipDestination: (destination, to) => json("/destinations/skip", { destination, to }),
    countForget: (destination) => json("/destinations/forget/count", { destination }),
    forgetDestination: (destination) => json("/destinations/forget", { destination }),
    reload: () => json("/reload", {}),
    importBatch: ({ kind, format, body, before }) => {
      const query = new URLSearchParams({ kind, format, before });
      return call(`/import?${query}`, body, "application/octet-stream") as ReturnType<Operations["importBatch"]>;
    },
    rotateSecrets: (newKey) => json("/secrets/rotate", { newKey: newKey?.toString("base64") ?? null }),
    listDeadLetters: () => json("/dead-letters/list", {}),
    matchingDeliveries: (which, toDiscard) => json("/dead-letters/matching", { which, toDiscard }),
    renewTicket: async (incidentId, system, reason) => {
      await json("/tickets/renew", { incidentId, system, reason });
    },
    retryDeliveries: (which) => json("/dead-letters/retry", { which }),
    discardDeliveries: (which, reason) => json("/dead-letters/discard", { which, reason }),
    listCandidates: (id) => json("/deliveries/candidates", { id }),
    identifyDelivery: async (id, number) => {
      await json("/deliveries/identify", { id, number });
    },
    listExceptions: () => json("/exceptions/list", {}),
    addException: (exception) => json("/exceptions/add", exception),
    tryException: (exception) => json("/exceptions/try", exception),
    removeException: async (id) => {
      await json("/exceptions/remove", { id });
    },
    proposedExceptions: (incidentId) => json("/exceptions/proposals", { incidentId }),
    testTickets: () => json("/tickets/test", {}),
    supportBundle: async () => Buffer.from((await json<{ base64: string }>("/support", {})).base64, "base64"),
    makeBackup: () => json("/backup", {}),
    backupTaken: async (from, to) => {
      await json("/backup/taken", { from, to });
    },
    backupStatus: () => json("/backup/status", {}),
    doctor: () => json<DoctorReport>("/doctor", {}),
  };
}

/** For a path that the service does not know. */
class UnknownCall extends Error {}

function addressIn(dataDir: string): ReturnType<typeof socketAddress> {
  try {
    return socketAddress(dataDir);
  } catch (error) {
    if (isForbidden(error)) throw noAccess(dataDir);
    throw error;
  }
}

function isForbidden(error: unknown): boolean {
  return ["EACCES", "EPERM"].includes(String((error as { code?: unknown }).code));
}

/** For a user who has no access to the data folder. */
export function noAccess(dataDir: string): EdgeError {
  return new EdgeError(
    "no_access",
    `no permission to use the data folder ${dataDir}: run this as the service's user or as root (sudo)`,
  );
}

/** There is no socket, or nobody listens on it. */
function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ECONNREFUSED"].includes(String((error as { code?: unknown }).code));
}

async function post(socketPath: string, path: string, body: Uint8Array | string, type: string): Promise<unknown> {
  // The service, which is the other end, needs no client: it would take two megabytes of it.
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": type, "Content-Length": Buffer.byteLength(body) };
    const outgoing = request({ socketPath, path, method: "POST", headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        if (response.statusCode === 200) return resolve(JSON.parse(text));
        reject(response.statusCode === 404 ? new UnknownCall() : refusal(text));
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function refusal(text: string): EdgeError {
  try {
    const { code, message } = JSON.parse(text) as { code: string; message: string };
    return code === "usage" ? new UsageError(message) : new EdgeError(code, message);
  } catch {
    return new EdgeError("internal", "the running appliance gave no readable answer; its log says why");
  }
}
