/** Hashes in a log, each with the file that it is of and what the log says happened to that file. */
import fieldNames from "./field-names.json" with { type: "json" };
import type { LogFields } from "./log-fields.ts";

export interface FileHash {
  /** SHA256 before SHA1 before MD5, lower case. */
  hash: string;
  /** "" where the log does not say which file. */
  path: string;
  /** What the log shows of the file: it ran, it was loaded, it was written, or nothing of these. */
  evidence: "executed" | "loaded" | "written" | "none";
}

interface Files {
  image: string;
  file?: string;
  library?: string;
}

/** Of nothing: the hashes of an empty file. */
const empty = new Set([
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  "d41d8cd98f00b204e9800998ecf8427e",
]);

/** `hashes`: of every kind, lower case. `main`: the hash of what the event is about. */
export function hashesOf(
  fields: LogFields,
  eventId: string,
  { image, file = "", library = "" }: Files,
): { hashes: string[]; fileHashes: FileHash[]; main: string } {
  const found: FileHash[] = [];
  const add = (text: string, path: string, evidence: FileHash["evidence"]) => {
    const hash = bestHash(text);
    if (hash !== "" && !found.some((one) => one.hash === hash)) found.push({ hash, path, evidence });
  };
  const kinds = (owner: string) =>
    ["sha256", "sha1", "md5"].map((kind) => fields.first(`${owner}.hash.${kind}`)).find((one) => one !== "") ?? "";
  const isWritten = /^(?:11|15|29)$/.test(eventId);
  const isDeleted = /^(?:23|26)$/.test(eventId);
  add(kinds("process"), image, "executed");
  add(kinds("dll"), library, "loaded");
  add(kinds("file"), file, isDeletion(fields) ? "none" : "written");
  const plain = fields.first(...fieldNames.hashes);
  const single =
    ["sha256", "sha256after", "sha1", "sha1after", "md5", "md5after"]
      .map((name) => fields.first(name))
      .find((one) => one !== "") ?? "";
  for (const text of [plain, single]) {
    if (library !== "" && /^(?:6|7)$/.test(eventId)) add(text, library, "loaded");
    else if (isWritten) add(text, file, "written");
    else if (isDeleted) add(text, file, "none");
    else if (file !== "" && image !== file && fields.first("processcommandline", "commandline") === "")
      add(text, file, isDeletion(fields) ? "none" : "written");
    else add(text, image, image === "" ? "none" : "executed");
  }
  const hashes = allHashes(fields);
  return { hashes, fileHashes: found, main: found[0]?.hash ?? "" };
}

function allHashes(fields: LogFields): string[] {
  const values = fields.entries.filter(([name]) => /hash|sha|md5/i.test(name)).map(([, value]) => value);
  const found = values.flatMap((value) => value.match(/\b[0-9a-f]{32,64}\b/gi) ?? []);
  return [...new Set(found.map((hash) => hash.toLowerCase()))].filter((hash) => !/^0+$/.test(hash));
}

function isDeletion(fields: LogFields): boolean {
  return /delet|rename|removed/i.test(fields.first("event.action", "actiontype", "event.type", "syscheck.event"));
}

/** A file's hash; IMPHASH is of a table within it and stands in many files. */
function bestHash(text: string): string {
  const marked = Object.fromEntries(
    [...text.matchAll(/(?:^|[\s,;{"])(SHA256|SHA1|MD5)\s*[=:]\s*"?([0-9a-f]{32,64})/gi)].map(
      ([, kind = "", hash = ""]) => [kind.toUpperCase(), hash.toLowerCase()],
    ),
  );
  const hash =
    marked.SHA256 ??
    marked.SHA1 ??
    marked.MD5 ??
    (/^(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})$/i.test(text.trim()) ? text.trim().toLowerCase() : "");
  return /^(.)\1*$/.test(hash) || empty.has(hash) ? "" : hash;
}
