import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { version } from "../../runtime/version.ts";
import { command } from "../command.ts";
import { sharedFiles } from "./shared-files.ts";

export const generateCommand = command({
  name: "generate",
  summary: "write manual pages and completion scripts below a folder",
  about: `Writes the manual pages and the completion scripts of bash, zsh and fish to their places below a folder such as /usr/local (share/man/man1, share/bash-completion/completions and so on). Files of these names are replaced. The packages and \`rhythmx install\` do it by themselves.`,
  arguments: [{ name: "DIR", about: "the folder, made if it does not exist", completes: "folder" }],
  examples: [
    { what: "For everybody on this machine", lines: ["rhythmx generate /usr/local", "man rhythmx"] },
    { what: "For a package", lines: ["rhythmx generate build/root/usr"] },
  ],
  seeAlso: ["rhythmx completion"],

  async run({ args: [folder], terminal, commands }) {
    const files = sharedFiles(commands, version);
    for (const [path, content] of files) {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      await writeFile(target, content, { mode: 0o644 });
    }
    terminal.err(`${files.size} files are written below ${folder}\n`);
    return 0;
  },
});
