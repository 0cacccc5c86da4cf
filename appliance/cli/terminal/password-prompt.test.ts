import { expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import { Interrupted } from "./interruption.ts";
import { readHidden } from "./password-prompt.ts";

/** A terminal that notes whether it echoes. */
class FakeTerminal extends EventEmitter {
  isRaw = false;
  isPaused = true;
  setRawMode(raw: boolean) {
    this.isRaw = raw;
  }
  setEncoding() {}
  resume() {
    this.isPaused = false;
  }
  pause() {
    this.isPaused = true;
  }
}

function prompt() {
  const stdin = new FakeTerminal();
  const shown: string[] = [];
  const terminal = {
    out: () => {},
    err: (text: string) => void shown.push(text),
    stdin: process.stdin,
    interactive: true,
    columns: 80,
  };
  const answer = readHidden(stdin as unknown as NodeJS.ReadStream, terminal, "Password: ");
  return { stdin, shown, answer };
}

test("what is typed is not shown, and the terminal is as before", async () => {
  const { stdin, shown, answer } = prompt();
  expect(stdin.isRaw).toBe(true);
  stdin.emit("data", "secrx\u007fet");
  stdin.emit("data", "\r");
  expect(await answer).toBe("secret");
  expect({ raw: stdin.isRaw, paused: stdin.isPaused, shown }).toEqual({
    raw: false,
    paused: true,
    shown: ["Password: ", "\n"],
  });
});

test("Ctrl-C ends it with 130, and the terminal is as before", async () => {
  const { stdin, answer } = prompt();
  stdin.emit("data", "sec\u0003");
  const error = await answer.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Interrupted);
  expect((error as Interrupted).exitCode).toBe(130);
  expect({ raw: stdin.isRaw, listeners: stdin.listenerCount("data") }).toEqual({ raw: false, listeners: 0 });
});
