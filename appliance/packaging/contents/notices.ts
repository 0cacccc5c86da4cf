/** THIRD-PARTY-NOTICES: what others made, with its licences. */
import spdxLicences from "spdx-license-list/full.js";
import manifest from "../../../package.json" with { type: "json" };
import { type Component, licencesIn } from "./component.ts";

interface SpdxLicence {
  name: string;
  licenseText: string;
}
const spdx: Record<string, SpdxLicence | undefined> = spdxLicences;

const rule = "=".repeat(80);

/** Exceptions to licences are no licences in SPDX's list; what is said of these is all that they grant. */
const notInList: Record<string, string> = {
  "LLVM-exception":
    "As an exception, if, as a result of your compiling your source code, portions of this\nSoftware are embedded into an Object form of such source code, you may redistribute\nsuch embedded portions in such Object form without complying with the conditions of\nSections 4(a), 4(b) and 4(d) of the License.",
};

/**
 * The notices of a binary.
 * @throws Error naming a licence of which there is neither the component's own text nor a standard one.
 */
export function noticesOf(components: readonly Component[]): string {
  const standard = [
    ...new Set(components.filter(({ text }) => text === undefined).flatMap(({ licence }) => licencesIn(licence))),
  ].sort();
  const withoutText = standard.filter((id) => spdx[id] === undefined && notInList[id] === undefined);
  if (withoutText.length > 0) throw new Error(`no text of the licence ${withoutText.join(", ")}`);
  return [
    `RhythmX Edge ${manifest.version} (${manifest.license}) contains what is listed here, made by others.`,
    "Each entry has its licence; where it came without a text, the standard text at the end of this file holds.",
    ...(components.some(({ licence }) => licence.includes("LGPL")) ? ["", relinking] : []),
    "",
    ...components.map(entry),
    rule,
    "Standard texts",
    ...standard.map((id) => `\n${rule}\n${id}: ${spdx[id]?.name ?? ""}\n\n${textOf(id)}`),
    "",
  ].join("\n");
}

const relinking = `WebKit's JavaScriptCore and TinyCC, parts of Bun, are under the GNU Lesser General Public License. Their sources, with Bun's
changes, are in the repositories oven-sh/WebKit and oven-sh/tinycc at the commits below, Bun's in oven-sh/bun. Bun's own
instructions say how it is built with a changed WebKit. The sources of RhythmX Edge are under ${manifest.license}; \`npm run build\`,
run in that Bun, makes this program with it.`;

function entry({ name, version, licence, text, copyright, about, purl }: Component): string {
  const facts = [
    [about],
    ["Licence:", licence],
    [copyright],
    purl === undefined ? [] : ["Package:", purl],
    text === undefined
      ? [`Text: the standard text${licencesIn(licence).length > 1 ? "s" : ""} at the end of this file`]
      : [],
  ].map((words) => words.filter((word) => word !== undefined).join(" "));
  const head = [`${name}${version === undefined ? "" : ` ${version}`}`, ...facts.filter((line) => line !== "")];
  return `${rule}\n${head.join("\n")}\n${text === undefined ? "" : `\n${text.replaceAll("\r\n", "\n")}\n`}`;
}

const textOf = (id: string): string => (spdx[id]?.licenseText ?? notInList[id] ?? "").replaceAll("\r\n", "\n").trim();
