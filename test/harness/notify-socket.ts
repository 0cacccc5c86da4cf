/** A datagram socket that stands in for systemd's: node:dgram has no unix sockets. */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { rmSync } from "node:fs";
import { unixAddress, unixSockets } from "../../appliance/runtime/unix-address.ts";

const { i32, u32, u64, ptr: pointer } = FFIType;
const { symbols: libc } = dlopen("libc.so.6", {
  socket: { args: [i32, i32, i32], returns: i32 },
  bind: { args: [i32, pointer, u32], returns: i32 },
  recv: { args: [i32, pointer, u64, i32], returns: i32 },
  close: { args: [i32], returns: i32 },
});
const MSG_DONTWAIT = 0x40;

export class NotifySocket {
  readonly #socket: number;

  /** "@" begins an abstract name. */
  constructor(readonly address: string) {
    this.#socket = libc.socket(unixSockets.AF_UNIX, unixSockets.SOCK_DGRAM_CLOEXEC, 0);
    const name = unixAddress(address);
    if (libc.bind(this.#socket, ptr(name), name.length) !== 0) throw new Error(`cannot bind ${address}`);
  }

  /** The notifications that have come since the last call, without barriers (sd_notify_barrier(3)), which systemd-notify waits for. */
  received(): string[] {
    const texts: string[] = [];
    const buffer = Buffer.alloc(4000);
    for (;;) {
      const length = libc.recv(this.#socket, ptr(buffer), buffer.length, MSG_DONTWAIT);
      if (length < 0) return texts.filter((text) => text !== "BARRIER=1");
      texts.push(buffer.toString("utf8", 0, length));
    }
  }

  close(): void {
    libc.close(this.#socket);
    if (!this.address.startsWith("@")) rmSync(this.address, { force: true });
  }
}
