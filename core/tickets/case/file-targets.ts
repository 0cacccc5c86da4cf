/** Programs and files that the logs of an incident name: those that may be ended, quarantined or blocked, and those whose signature is to be checked. */
import { fileKind, fileName, isExpendable, isProgramName, isVendors } from "../../logs/file-kinds.ts";
import type { EventFacts } from "../../logs/log-facts.ts";
import type { ObservedRule, Target } from "./observed.ts";
import type { StepObject } from "./recommendation-table.ts";
import { shown } from "./seen-words.ts";

interface SeenFile {
  path: string;
  /** What the log says happened to it. */
  fate: string;
  /** "" where the log has none of this file. */
  hash: string;
  isWritten: boolean;
}

/** Null for kinds that are no files. */
export function fileTargets(kind: StepObject, rules: readonly ObservedRule[]): Target[] | null {
  if (!["files", "system_files", "processes", "hashes"].includes(kind)) return null;
  const found = new Map<string, Target>();
  for (const one of rules) {
    const { event } = one;
    if (event === null) continue;
    const host = hostOf(one);
    for (const { key, words, names } of targetsOf(kind, event)) {
      const name = fileName(key).toLowerCase();
      if (name === "" || host === "" || found.has(name)) continue;
      found.set(name, { words: { host: shown(host), ...words }, names, rules: [one] });
    }
  }
  return [...found.values()];
}

/** The host of a rule's sample in the spelling of its evidence. */
export function hostOf({ sample, hosts }: ObservedRule): string {
  return hosts.find((host) => host === sample?.host.toLowerCase()) ?? hosts[0] ?? sample?.host ?? "";
}

interface Named {
  key: string;
  words: Record<string, string>;
  names: Record<string, readonly string[]>;
}

function targetsOf(kind: StepObject, event: EventFacts): Named[] {
  const { image, processId } = event;
  if (kind === "processes") {
    if (!isForeign(image, event)) return [];
    return [
      {
        key: image,
        words: { process: shown(image), pid: processId === "" ? "" : ` (process id ${shown(processId)})` },
        names: {},
      },
    ];
  }
  const files = seenFiles(event);
  if (kind === "system_files" && isKnownGood(event)) return [];
  if (kind === "system_files")
    return files
      .filter(
        ({ path, isWritten }) =>
          isWritten &&
          !isForeign(path, event) &&
          ["system", "installed", "administration", "program"].includes(fileKind(path)) &&
          isProgramName(path) &&
          /[\\/]/.test(path),
      )
      .map(({ path }) => ({ key: path, words: { file: shown(path) }, names: { file: [path] } }));
  const foreign = files.filter(({ path }) => isForeign(path, event));
  if (kind === "files")
    return foreign.map(({ path, fate }) => ({
      key: path,
      words: { file: shown(path), fate },
      names: { file: [path] },
    }));
  // Nothing within Windows' own folder, also where anybody may write there.
  return foreign
    .filter(
      ({ hash, path, fate }) =>
        hash !== "" && fate !== "the log shows that it was loaded" && !/^(?:[a-z]:)?\\windows\\/i.test(path),
    )
    .map(({ hash, path, fate }) => ({ key: hash, words: { hash, process: shown(fileName(path)), fate }, names: {} }));
}

function seenFiles(event: EventFacts): SeenFile[] {
  const { eventId, image, file, share, library, servicePath, taskAction, fileHashes, operation } = event;
  const hashOf = (path: string, evidence: readonly string[]) =>
    fileHashes.find((one) => one.path === path && evidence.includes(one.evidence))?.hash ?? "";
  const isWritten =
    /^(?:11|29)$/.test(eventId) || (eventId === "" && /creat|written|added/i.test(operation)) || eventId === "5145";
  const isRun =
    /^(?:1|4688|592|SYSCALL|EXECVE)$/.test(eventId) ||
    fileHashes.some((one) => one.path === image && one.evidence === "executed");
  return [
    ...(image !== "" && isRun
      ? [{ path: image, fate: "the log shows that it ran", hash: hashOf(image, ["executed"]), isWritten: false }]
      : []),
    ...(file !== "" && isWritten
      ? [
          {
            path: onShare(share, file),
            fate: "the log shows that it was written",
            hash: hashOf(file, ["written"]),
            isWritten: true,
          },
        ]
      : []),
    ...(library !== ""
      ? [{ path: library, fate: "the log shows that it was loaded", hash: "", isWritten: /^(?:7|6)$/.test(eventId) }]
      : []),
    ...[...programsOf(servicePath), ...programsOf(taskAction)].map((path) => ({
      path,
      fate: "the log shows that it is to be started",
      hash: "",
      isWritten: false,
    })),
  ];
}

/** Whether the program that an event is about may be acted on. Its maker's name and its first name count for what ran or was loaded. */
function isForeign(path: string, { image, library, originalName, company }: EventFacts): boolean {
  const isDescribed = path === image || path === library;
  return isExpendable(path, isDescribed ? originalName : "") && !(isDescribed && isVendors(company));
}

/** Whether the log says that the signature of what was loaded is valid. */
function isKnownGood({ entries }: EventFacts): boolean {
  return entries.some(([name, value]) => /^signature_?status$/i.test(name) && /^valid$/i.test(value));
}

/** The program that a command starts, if it is one that may be acted on. */
export function programsOf(command: string): string[] {
  const [, double, single, bare] =
    /^\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z]:\\[^"'<>|]*?\.(?:exe|dll|com|scr|bat|cmd|ps1|vbs|js)|\/\S+|\S+))/i.exec(
      command,
    ) ?? [];
  const path = double ?? single ?? bare ?? "";
  return isExpendable(path) ? [path] : [];
}

/** A file on an administrative share by its place on the disk. */
function onShare(share: string, file: string): string {
  const [, drive] = /\\([A-Za-z])\$$/.exec(share) ?? [];
  if (drive !== undefined) return `${drive}:\\${file}`;
  if (/\\admin\$$/i.test(share)) return `C:\\Windows\\${file}`;
  return share === "" ? file : `${share.replace(/\\$/, "")}\\${file}`;
}
