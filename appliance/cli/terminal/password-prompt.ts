/** Reads a line from a terminal without showing it. */
import type { Terminal } from "../command.ts";
import { Interrupted } from "./interruption.ts";

const enter = /[\r\n]/;
const interrupt = "\u0003";
const endOfInput = "\u0004";
const backspaces = ["\u007f", "\b"];

/** @throws Interrupted by Ctrl-C */
export function readHidden(stdin: NodeJS.ReadStream, terminal: Terminal, prompt: string): Promise<string> {
  // First, because anything typed before would be shown.
  stdin.setRawMode(true);
  terminal.err(prompt);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((resolve, reject) => {
    let text = "";
    const finish = (settle: () => void) => {
      stdin.off("data", read);
      stdin.setRawMode(false);
      stdin.pause();
      terminal.err("\n");
      settle();
    };
    const read = (typed: string) => {
      for (const letter of typed) {
        if (enter.test(letter) || letter === endOfInput) return finish(() => resolve(text));
        if (letter === interrupt) return finish(() => reject(new Interrupted()));
        text = backspaces.includes(letter) ? [...text].slice(0, -1).join("") : text + letter;
      }
    };
    stdin.on("data", read);
  });
}
