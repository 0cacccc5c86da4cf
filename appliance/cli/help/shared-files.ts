/** The files that make the program at home on a machine: manual pages and completion scripts, by their places below a prefix. */
import { gzipSync } from "node:zlib";
import type { Command } from "../command.ts";
import { completionScript } from "./completion/script.ts";
import { manPages } from "./man-page.ts";

/** Path below `/usr` (or another prefix) to content. The same bytes for the same program: gzip has no time in it. */
export function sharedFiles(commands: readonly Command[], version: string): Map<string, Uint8Array> {
  const text = (content: string) => new TextEncoder().encode(content);
  const files = new Map<string, Uint8Array>([
    ["share/bash-completion/completions/rhythmx", text(completionScript("bash", commands))],
    ["share/zsh/vendor-completions/_rhythmx", text(completionScript("zsh", commands))],
    ["share/fish/vendor_completions.d/rhythmx.fish", text(completionScript("fish", commands))],
  ]);
  for (const [name, page] of manPages(commands, version))
    files.set(`share/man/man${name.at(-1)}/${name}.gz`, gzipSync(page, { level: 9 }));
  return files;
}
