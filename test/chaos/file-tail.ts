/** Reads what is appended to a file, line by line, each once. */
import { closeSync, openSync, readSync } from "node:fs";

export class FileTail {
  readonly #path: string;
  readonly #part = Buffer.allocUnsafe(1024 * 1024);
  #descriptor: number | null = null;
  #rest = "";

  constructor(path: string) {
    this.#path = path;
  }

  /** Whole lines since the last call; none while there is no file. */
  take(): string[] {
    try {
      this.#descriptor ??= openSync(this.#path, "r");
    } catch {
      return [];
    }
    for (let read = -1; read !== 0; ) {
      read = readSync(this.#descriptor, this.#part);
      this.#rest += this.#part.toString("latin1", 0, read);
    }
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}
