/** Addresses of unix sockets as the kernel takes them. */

/** Of the kernel's interface on Linux, on every processor that the runtimes run on. */
export const unixSockets = {
  AF_UNIX: 1,
  SOCK_DGRAM_CLOEXEC: 2 | 0o2000000,
  /** Do not wait for a busy receiver, and do not get SIGPIPE from a closed socket. */
  MSG_DONTWAIT_NOSIGNAL: 0x40 | 0x4000,
} as const;

/** `struct sockaddr_un`: the family, then the path; "@" begins an abstract name, whose first byte is NUL. */
export function unixAddress(address: string): Uint8Array<ArrayBuffer> {
  const path = new TextEncoder().encode(address.startsWith("@") ? `\0${address.slice(1)}` : `${address}\0`);
  const bytes = new Uint8Array(2 + path.length);
  new Uint16Array(bytes.buffer, 0, 1)[0] = unixSockets.AF_UNIX;
  bytes.set(path, 2);
  return bytes;
}
