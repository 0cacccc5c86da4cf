/** Requests about the settings of a feed: what they would save, and everything that is wrong with them. */

import { isUploaded } from "../../core/settings/destination.ts";
import { formatProblem } from "../../core/settings/problem.ts";
import {
  type FeedSection,
  fieldOfProblem,
  fieldsOfSection,
  originName,
  problemsOfText,
  withFields,
} from "../../core/settings/sections/feed-section.ts";
import type { FieldProblem } from "../../core/settings/sections/section-version.ts";
import type { SettingOrigin } from "../../core/settings.ts";
import { shownName } from "../../core/text/visible.ts";
import { placeOfKey, type TlsFileKind, tlsFileKinds } from "./tls-files.ts";
import type { TlsUploads } from "./tls-uploads.ts";

type Json = Record<string, unknown>;

interface RequestSources {
  origins: Readonly<Record<string, SettingOrigin>>;
  /** The saved text. */
  saved: string | undefined;
  uploads: TlsUploads;
}

/** What a request would save, and what is wrong with it. */
export interface FeedRequest {
  /** Null = nothing is saved any more. */
  text: string | null;
  problems: (FieldProblem & { line: string })[];
}

export function readFeedRequest(
  section: FeedSection,
  body: Json,
  { origins, saved, uploads }: RequestSources,
): FeedRequest {
  const known = fieldsOfSection(section);
  const problems: FieldProblem[] = [];
  for (const field of Object.keys(body)) {
    const origin = origins[originName(section, field)];
    if (!known.includes(field))
      problems.push({ name: shownName(field), reason: `is no field of ${section}: ${known.join(", ")}` });
    else if (origin?.pinned) problems.push({ name: field, reason: `it is set in ${origin.source}; change it there` });
  }
  const own = problems.map((problem) => ({ ...problem, line: `${problem.name}: ${problem.reason}` }));
  if (own.length > 0) return { text: null, problems: own };
  const { syslog } = body;
  const list = Array.isArray(syslog) ? syslog : [syslog];
  const files = syslog === undefined || syslog === null ? list : takeFiles(list, uploads, problems);
  const taken = "syslog" in body ? { ...body, syslog: Array.isArray(syslog) ? files : files[0] } : body;
  const text = withFields(saved, taken);
  const uploaded = problems.map((problem) => ({ ...problem, line: `${problem.name}: ${problem.reason}` }));
  const wrong = text === null ? [] : problemsOfText(section, text);
  const read = wrong.map((problem) => ({
    ...fieldOfProblem(problem),
    line: formatProblem({ ...problem, source: section, effect: "nothing is saved" }),
  }));
  return { text, problems: [...uploaded, ...read] };
}

/** Takes the certificates and keys that were sent in the place of paths, and looks whether they belong together. */
export function takeFiles(destinations: readonly unknown[], uploads: TlsUploads, problems: FieldProblem[]): unknown[] {
  return destinations.map((destination, index) => {
    const tls = (destination as { tls?: unknown } | null)?.tls;
    if (typeof tls !== "object" || tls === null || Array.isArray(tls)) return destination;
    const files: Json = { ...tls };
    const problem = (kind: TlsFileKind, reason: string) =>
      problems.push({ name: `syslog[${index}].tls.${kind}`, reason });
    for (const kind of tlsFileKinds) {
      const given = files[kind];
      if (typeof given !== "string") continue;
      if (isUploaded(given)) {
        if (!uploads.has(given)) problem(kind, "it is not there any more: send it again");
      } else if (/-----BEGIN |\n/.test(given)) {
        const taken = uploads.take(kind, given);
        if ("problem" in taken) problem(kind, taken.problem);
        else files[kind] = taken.file;
      }
    }
    const { cert_file: certificate, key_file: key } = files;
    const both = [certificate, key].every((file) => typeof file === "string" && isUploaded(file) && uploads.has(file));
    const text = (file: unknown) => uploads.read(String(file)).toString();
    const place = both ? placeOfKey(text(certificate), text(key)) : null;
    if (place === -1) problem("key_file", "is the key of another certificate");
    else if (place !== null && place > 0)
      problem(
        "cert_file",
        `has the certificate of the key in place ${place + 1}: put it first, then the one that issued it, and so on`,
      );
    return { ...(destination as Json), tls: files };
  });
}
