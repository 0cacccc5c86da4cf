/** The buttons of administrators on `/system`. */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { EdgeError, UsageError } from "../../../../../core/errors.ts";
import { feedNames } from "../../../../../core/feeds/feeds.ts";
import { logLevelNames } from "../../../api/dependencies.ts";
import type { FormFields } from "../../form-fields.ts";
import type { Action } from "../../page.ts";
import type { ReloadState } from "./administration-state.ts";

/** Characters of a certificate with its chain, and of a key. */
const longestPem = 256 * 1024;

/** The certificate that the page showed; null where it showed none. */
const seenIn = (form: FormFields) => form.text("seen", 200) || null;

export const systemActions: readonly Action[] = [
  {
    path: "/console/system/certificate",
    permission: "administer",
    run: async ({ caller, ports, form }) => {
      const given = (name: string) => form.pem(`${name}_file`, longestPem) || form.pem(name, longestPem);
      const pair = { cert: given("certificate"), key: given("private_key") };
      if (pair.cert === "") throw new UsageError("certificate: paste it, or choose its file");
      if (pair.key === "") throw new UsageError("private_key: paste it, or choose its file");
      const { warnings } = (await ports.api.certificate.replace(caller, pair, seenIn(form))) as { warnings?: string[] };
      const remarks = (warnings ?? []).map((warning) => ` ${warning}`).join("");
      return { to: "/system#certificate", said: `The certificate is replaced: new connections get it.${remarks}` };
    },
  },
  {
    path: "/console/system/self-signed",
    permission: "administer",
    run: async ({ caller, ports, form }) => {
      await ports.api.certificate.makeSelfSigned(caller, seenIn(form));
      return { to: "/system#certificate", said: "The appliance has made a certificate of its own." };
    },
  },
  {
    path: "/console/system/backup",
    permission: "administer",
    run: async ({ caller, ports }) => {
      await ports.api.backups.begin(caller);
      return { to: "/system#backups", said: "A backup is being made." };
    },
  },
  {
    path: "/console/system/backups/:name/file",
    permission: "administer",
    run: async ({ caller, ports, param }) => {
      const { path, name } = await ports.api.backups.file(caller, param("name"));
      const body = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
      return { file: name, type: "application/gzip", body };
    },
  },
  {
    path: "/console/system/backups/:name/remove",
    permission: "administer",
    run: async ({ caller, ports, form, param }) => {
      // As of settings by which fewer are kept (decision 36).
      await ports.sessions.confirmPassword(caller, form.exact("own_password", 1_024));
      await ports.api.backups.remove(caller, param("name"));
      return { to: "/system#backups", said: "The backup is removed." };
    },
  },
  {
    path: "/console/system/reload",
    permission: "administer",
    run: async ({ caller, ports }) => {
      const { changes, refused } = (await ports.api.system.reload(caller)) as ReloadState;
      const said =
        refused.length > 0
          ? `${refused.length === 1 ? "One setting was" : `${refused.length} settings were`} refused: the last good values hold.`
          : changes.length > 0
            ? "Configuration was read again, and what changed is in force."
            : "Configuration was read again; nothing had changed.";
      return { to: "/system#configuration", said };
    },
  },
  {
    path: "/console/system/log-level",
    permission: "administer",
    run: async ({ caller, ports, form }) => {
      const level = form.text("back") === "yes" ? null : form.oneOf("level", logLevelNames);
      await ports.api.system.chooseLogLevel(caller, level);
      const said =
        level === null
          ? "The log has the level of the settings again."
          : `The log has level ${level} from now on, until the next restart.`;
      return { to: "/system#log", said };
    },
  },
  {
    path: "/console/system/heartbeats/:feed/:name",
    permission: "administer",
    run: async ({ caller, ports, param }) => {
      const feed = feedNames.find((one) => one === param("feed"));
      if (feed === undefined) throw new EdgeError("destination_unknown", `feed: one of ${feedNames.join(", ")}`);
      await ports.api.system.sendHeartbeat(caller, feed, param("name"));
      return { to: "/system#heartbeats", said: `A heartbeat is on its way to ${feed}/${param("name")}.` };
    },
  },
  {
    path: "/console/system/support",
    permission: "administer",
    run: async ({ caller, ports }) => {
      const bundle = await ports.api.system.supportBundle(caller);
      return {
        file: "rhythmx-support.tar.gz",
        type: "application/gzip",
        body: new Blob([new Uint8Array(bundle)]).stream(),
      };
    },
  },
];
