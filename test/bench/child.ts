/** A part of a bench in a process of its own, so that it does not share a thread with what is measured. Speaks JSON lines. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

export class Child {
  readonly #process: ChildProcess;
  readonly #script: string;
  readonly #lines: AsyncIterator<string>;

  constructor(script: string, options: unknown) {
    this.#script = script;
    this.#process = spawn(process.execPath, [join(import.meta.dirname, script), JSON.stringify(options)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (this.#process.stdout === null) throw new Error(`${script} has no output`);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** The next thing it says. */
  async next<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#script} ended without an answer`);
    return JSON.parse(value) as T;
  }

  send(message: unknown): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  stop(): void {
    this.#process.kill("SIGKILL");
  }
}

/** Runs one to its end and gives its answer. */
export async function runChild<T>(script: string, options: unknown): Promise<T> {
  const child = new Child(script, options);
  try {
    return await child.next<T>();
  } finally {
    child.stop();
  }
}

/** In the child: its options, and a way to answer. */
export function childOptions<T>(): T {
  return JSON.parse(process.argv[2] ?? "{}") as T;
}

export function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** In the child: what the parent sends. */
export function onMessage<T>(listener: (message: T) => void): void {
  createInterface({ input: process.stdin }).on("line", (line) => listener(JSON.parse(line) as T));
}
