/** Datagrams to unix sockets, which node:dgram does not have: libc's functions by FFI. */
import { unixAddress, unixSockets } from "../unix-address.ts";

/** As much of Deno as is used here; its types are in no package. */
declare const Deno: {
  dlopen(
    library: string,
    functions: Record<string, { parameters: readonly string[]; result: string }>,
  ): { symbols: Record<"socket" | "sendto", (...args: unknown[]) => number> };
};

/** Sends datagrams to `address`. @throws if there is no socket to be had */
export function datagramsTo(address: string): (text: string) => void {
  const { symbols: libc } = Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  });
  const { AF_UNIX, SOCK_DGRAM_CLOEXEC, MSG_DONTWAIT_NOSIGNAL } = unixSockets;
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (socket < 0) throw new Error("no unix socket");
  const peer = unixAddress(address);
  return (text) => {
    const bytes = new TextEncoder().encode(text);
    libc.sendto(socket, bytes, BigInt(bytes.length), MSG_DONTWAIT_NOSIGNAL, peer, peer.length);
  };
}
