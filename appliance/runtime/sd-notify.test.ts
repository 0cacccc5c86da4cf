import { dlopen, FFIType, ptr } from "bun:ffi";
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceManager } from "./sd-notify.ts";

const { i32, u32, u64, ptr: pointer } = FFIType;
const { symbols: libc } = dlopen("libc.so.6", {
  socket: { args: [i32, i32, i32], returns: i32 },
  bind: { args: [i32, pointer, u32], returns: i32 },
  recv: { args: [i32, pointer, u64, i32], returns: i32 },
  close: { args: [i32], returns: i32 },
});
const folder = mkdtempSync(join(tmpdir(), "sd-notify-"));
const sockets: number[] = [];

/** A datagram socket that stands in for systemd; `received` returns the datagrams as texts. */
function listenAt(address: string): { received(): string[] } {
  const socket = libc.socket(1, 2, 0);
  sockets.push(socket);
  const path = Buffer.from(address.startsWith("@") ? `\0${address.slice(1)}` : `${address}\0`);
  const name = Buffer.concat([Buffer.from([1, 0]), path]);
  expect(libc.bind(socket, ptr(name), name.length)).toBe(0);
  return {
    received() {
      const texts: string[] = [];
      const buffer = Buffer.alloc(1000);
      for (let n = 0; n >= 0; ) {
        n = libc.recv(socket, ptr(buffer), buffer.length, 0x40);
        if (n >= 0) texts.push(buffer.toString("utf8", 0, n));
      }
      return texts;
    },
  };
}

afterEach(() => {
  for (const socket of sockets.splice(0)) libc.close(socket);
  rmSync(folder, { recursive: true, force: true });
});

for (const address of [join(folder, "notify"), `@rhythmx-test-${process.pid}`]) {
  test(`sends each state to ${address[0]}…`, () => {
    const systemd = listenAt(address);
    const manager = serviceManager({ NOTIFY_SOCKET: address });
    manager.ready("line 1\nWATCHDOG=trigger");
    manager.watchdog();
    manager.reloading();
    manager.stopping();
    const [ready, watchdog, reloading, stopping, ...rest] = systemd.received();
    expect(ready).toBe("READY=1\nSTATUS=line 1 WATCHDOG=trigger");
    expect(watchdog).toBe("WATCHDOG=1");
    expect(reloading).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    expect(stopping).toBe("STOPPING=1\nSTATUS=Draining");
    expect(rest).toEqual([]);
  });
}

test("without systemd, or with its socket gone, nothing happens", () => {
  serviceManager({}).ready("up");
  serviceManager({ NOTIFY_SOCKET: "/nonexistent/notify" }).ready("up");
});
