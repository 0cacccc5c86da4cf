/** Datagrams to unix sockets, which node:dgram does not have: libc's functions by FFI. */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { unixAddress, unixSockets } from "../unix-address.ts";

/** Sends datagrams to `address`. @throws if FFI is off, or there is no socket to be had */
export function datagramsTo(address: string): (text: string) => void {
  const { i32, u32, u64, ptr: pointer } = FFIType;
  const { symbols: libc } = dlopen("libc.so.6", {
    socket: { args: [i32, i32, i32], returns: i32 },
    sendto: { args: [i32, pointer, u64, i32, pointer, u32], returns: i32 },
  });
  const { AF_UNIX, SOCK_DGRAM_CLOEXEC, MSG_DONTWAIT_NOSIGNAL } = unixSockets;
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (socket < 0) throw new Error("no unix socket");
  const peer = unixAddress(address);
  return (text) => {
    const bytes = Buffer.from(text);
    libc.sendto(socket, ptr(bytes), bytes.length, MSG_DONTWAIT_NOSIGNAL, ptr(peer), peer.length);
  };
}
