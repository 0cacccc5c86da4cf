/**
 * The data folder, with what has to be in it before the first start. As long as the folder is root's, nobody else can have put a link into it; the service's
 * user gets it last, and from then on only the service writes there.
 */
import { chmodSync, chownSync, lchownSync, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ownCertificateFiles } from "../../../core/settings/certificate-files.ts";
import type { Settings } from "../../../core/settings.ts";
import { firstPasswordFile, generatedPassword } from "../../access/first-admin.ts";
import type { MachineNames } from "../../certificate/machine-names.ts";
import { storePair } from "../../certificate/own-folder.ts";
import { makeSelfSigned } from "../../certificate/self-signed.ts";
import { folderStep, inWords, replaceFile, type Step } from "./steps.ts";
import { type Account, exists, type Target } from "./target.ts";

const root: Account = { uid: 0, gid: 0 };

interface DataOptions {
  target: Target;
  settings: Pick<Settings, "adminPassword" | "tlsCertFile">;
  names(): MachineNames;
  /** Epoch milliseconds. */
  now: number;
}

export function dataSteps({ target, settings, names, now }: DataOptions): Step[] {
  const { dataDir } = target.paths;
  const password = join(dataDir, firstPasswordFile);
  const certificate = ownCertificateFiles(dataDir);
  return [
    {
      subject: dataDir,
      look: () => {
        const found = statSync(dataDir, { throwIfNoEntry: false });
        const { account } = target;
        // Of root's only on the way: `owner` below ends that.
        const owner = found !== undefined && found.uid === account?.uid ? account : root;
        return folderStep(dataDir, { mode: 0o700, owner: () => owner }).look();
      },
    },
    {
      subject: password,
      right: "stays",
      look: () => {
        if (!isRoots(dataDir) || settings.adminPassword !== null || isStarted(target) || exists(password)) return null;
        return {
          kind: "made",
          detail: "first password",
          run: () => replaceFile(password, `${generatedPassword()}\n`, { mode: 0o600, owner: null }),
        };
      },
    },
    {
      subject: certificate.certFile,
      right: "stays",
      look: () => {
        if (!isRoots(dataDir) || settings.tlsCertFile !== null || exists(certificate.certFile)) return null;
        return {
          kind: "made",
          detail: "self-signed",
          run: async () => {
            const made = await makeSelfSigned(names(), now);
            inWords(certificate.certFile, () => storePair(certificate, made));
          },
        };
      },
    },
    {
      subject: `owner of ${dataDir}`,
      look: () => {
        const { account } = target;
        const found = statSync(dataDir, { throwIfNoEntry: false });
        if (found !== undefined && account !== null && found.uid === account.uid && found.gid === account.gid)
          return null;
        return {
          kind: found === undefined ? "made" : "changed",
          detail: "the service's user",
          run: () => giveFolder(target),
        };
      },
    },
  ];
}

/** Whether the appliance has run with this data folder. */
export function isStarted(target: Target): boolean {
  return exists(join(target.paths.dataDir, "rhythmx.db"));
}

function isRoots(dataDir: string): boolean {
  const found = statSync(dataDir, { throwIfNoEntry: false });
  return found === undefined || found.uid === 0;
}

/** Everything in the folder, then the folder itself. */
function giveFolder(target: Target): void {
  const { account } = target;
  const { dataDir } = target.paths;
  if (account === null) return;
  inWords(dataDir, () => {
    if (isRoots(dataDir)) giveContents(dataDir, account);
    chownSync(dataDir, account.uid, account.gid);
    chmodSync(dataDir, 0o700);
  });
}

/** Links themselves, and not what they lead to. */
function giveContents(folder: string, account: Account): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const found = lstatSync(path);
    if (found.isDirectory()) giveContents(path, account);
    if (found.uid === 0) lchownSync(path, account.uid, account.gid);
  }
}
