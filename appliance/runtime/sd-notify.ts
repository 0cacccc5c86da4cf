/**
 * Notifies systemd of the service's state (sd_notify(3)): a datagram to the unix socket in `$NOTIFY_SOCKET`. Node's dgram has no
 * unix sockets, so libc is called; if FFI is off (no JIT under MemoryDenyWriteExecute), the program systemd-notify is run.
 */

import { dlopen, FFIType, ptr } from "bun:ffi";
import { spawnSync } from "node:child_process";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
/** Do not wait for a busy systemd, and do not get SIGPIPE from a closed socket. */
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;

export interface ServiceManager {
  /** The service is ready, at the start or after `reloading`; `status` is one line for `systemctl status`. */
  ready(status: string): void;
  /** Sets the line of `systemctl status`, also during a start. */
  status(status: string): void;
  reloading(): void;
  stopping(): void;
  /** Call more often than every `WatchdogSec`, and only while the loops run. */
  watchdog(): void;
}

/** Without `NOTIFY_SOCKET` (not started by systemd) the calls do nothing. A failed notification is no error. */
export function serviceManager(environment: Readonly<Record<string, string | undefined>>): ServiceManager {
  const address = environment.NOTIFY_SOCKET;
  const notify = address ? notifierTo(address) : () => {};
  return {
    ready: (status) => notify(`READY=1\nSTATUS=${oneLine(status)}`),
    status: (status) => notify(`STATUS=${oneLine(status)}`),
    reloading: () => notify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => notify("STOPPING=1\nSTATUS=Draining"),
    watchdog: () => notify("WATCHDOG=1"),
  };
}

/** A line break in a status would start another assignment. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}

function notifierTo(address: string): (state: string) => void {
  try {
    return notifierByLibc(address);
  } catch {
    return (state) => {
      const env = { PATH: process.env.PATH, NOTIFY_SOCKET: address };
      spawnSync("systemd-notify", [`--pid=${process.pid}`, ...state.split("\n")], {
        env,
        stdio: "ignore",
        timeout: 2000,
      });
    };
  }
}

function notifierByLibc(address: string): (state: string) => void {
  const { i32, u32, u64, ptr: pointer } = FFIType;
  const { symbols: libc } = dlopen("libc.so.6", {
    socket: { args: [i32, i32, i32], returns: i32 },
    sendto: { args: [i32, pointer, u64, i32, pointer, u32], returns: i32 },
  });
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) throw new Error("no unix socket");
  const peer = socketAddress(address);
  return (state) => {
    const bytes = Buffer.from(state);
    libc.sendto(socket, ptr(bytes), bytes.length, MSG_DONTWAIT_NOSIGNAL, ptr(peer), peer.length);
  };
}

/** `struct sockaddr_un`: the family, then the path; "@" begins an abstract name, whose first byte is NUL. */
function socketAddress(address: string): Buffer {
  const path = address.startsWith("@") ? `\0${address.slice(1)}` : `${address}\0`;
  const family = Buffer.alloc(2);
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = AF_UNIX;
  return Buffer.concat([family, Buffer.from(path)]);
}
