import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EdgeError, UsageError } from "../../../core/errors.ts";
import { nearestName } from "../../../core/settings/names.ts";
import { type Pack, packs } from "../../packs/packs.ts";
import { action, commandGroup, jsonOption } from "../command.ts";
import { printJson, table } from "../terminal/table.ts";

const about = "Packs are folders of files by which SIEMs, SOARs and monitors are connected; each has a README.";

const list = action({
  summary: "list the packs",
  about: `Lists the packs that are part of this program. ${about}`,
  options: jsonOption,
  examples: [{ what: "What can be connected with files from here", lines: ["rhythmx packs"] }],

  async run({ values, terminal }) {
    const all = packs();
    if (values.json)
      printJson(
        terminal,
        all.map(({ name, title, summary, files }) => ({ name, title, summary, files: [...files.keys()] })),
      );
    else
      terminal.out(
        table(
          ["NAME", "FOR", "FILES"],
          all.map(({ name, title, files }) => [name, title, String(files.size)]),
          terminal.columns,
        ),
      );
    return 0;
  },
});

const exportPacks = action({
  summary: "write packs into a folder",
  about: `Writes each pack into a folder of its name in DIR, which is made where it is not there. A file that is there with other content is not overwritten without --force: nothing is then written. ${about}`,
  arguments: [
    { name: "DIR", about: "the folder", completes: "folder" },
    { name: "NAME", about: "which packs; all without", optional: true, many: true, completes: "pack" },
  ],
  options: { force: { about: "overwrite files that are there with other content" } },
  examples: [
    { what: "All of them", lines: ["rhythmx packs export packs"] },
    {
      what: "The add-on for Splunk",
      lines: ["rhythmx packs export /tmp/packs splunk", "less /tmp/packs/splunk/README.md"],
    },
  ],

  async run({ values, args: [folder, names], terminal }) {
    const chosen = names.length === 0 ? packs() : names.map(packNamed);
    const files = chosen.flatMap((pack) =>
      [...pack.files].map(([path, content]) => [join(pack.name, path), content] as const),
    );
    const others = values.force ? [] : files.filter(([path, content]) => isOther(join(folder, path), content));
    if (others.length > 0) {
      const more = others.length > 1 ? ` and ${others.length - 1} more` : "";
      throw new EdgeError(
        "file_exists",
        `${join(folder, others[0]?.[0] ?? "")}${more} would be overwritten; nothing was written. Choose another folder, or add --force.`,
      );
    }
    for (const [path, content] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content, { mode: 0o644 });
    }
    for (const { name, files } of chosen)
      terminal.out(`${join(folder, name)}: ${files.size} files, read ${join(folder, name, "README.md")}\n`);
    return 0;
  },
});

function packNamed(name: string): Pack {
  const all = packs();
  const found = all.find((pack) => pack.name === name);
  if (found !== undefined) return found;
  const nearest = nearestName(
    name,
    all.map((pack) => pack.name),
  );
  const meant = nearest === null ? "`rhythmx packs` lists them" : `did you mean ${nearest}?`;
  throw new UsageError(`there is no pack ${JSON.stringify(name)}; ${meant}`);
}

/** Whether a file is there and has other content. */
function isOther(path: string, content: Uint8Array): boolean {
  try {
    return !readFileSync(path).equals(content);
  } catch {
    return false;
  }
}

export const packsCommand = commandGroup({
  name: "packs",
  summary: "list and write files that connect SIEMs, SOARs, monitors",
  about,
  usual: "list",
  actions: { list, export: exportPacks },
  examples: [],
  seeAlso: ["docs/receivers.md", "docs/fields.md"],
});
