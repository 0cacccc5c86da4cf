import { expect, test } from "bun:test";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { hexAddress, parseRow, readSocketRow } from "./socket-row.ts";

const table = (fields: string) =>
  Buffer.from(
    `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   3: 0100007F:A4B6 0100007F:8B13 ${fields} 9059 3 000000004ec15999 20 0 0 16 -1\n`,
  );
const key = "0100007F:A4B6 0100007F:8B13 ";

test("addresses as the kernel prints them", () => {
  expect(hexAddress("127.0.0.1")).toBe("0100007F");
  expect(hexAddress("::1")).toBe("00000000000000000000000001000000");
  expect(hexAddress("2001:db8::ff00:42:8329")).toBe("B80D01200000000000FF000029834200");
  expect(hexAddress("::ffff:10.1.2.3")).toBe("0000000000000000FFFF00000302010A");
  expect(hexAddress("fe80::1%eth0")).toBe("000080FE000000000000000001000000");
});

test.each([
  [
    "all acknowledged",
    "01 00000000:00000000 00:00000000 00000000     0        0",
    { unacknowledged: 0, windowClosed: false },
  ],
  [
    "retransmitting",
    "01 0039B600:00000000 01:00000035 00000003     0        0",
    { unacknowledged: 0x39b600, windowClosed: false },
  ],
  [
    "window closed, probes answered",
    "01 0039B600:00000000 04:00000035 00000000     0        0",
    { unacknowledged: 0x39b600, windowClosed: true },
  ],
  [
    "window closed, probes unanswered",
    "01 0039B600:00000000 04:00000035 00000000     0        4",
    { unacknowledged: 0x39b600, windowClosed: false },
  ],
])("%s", (_, fields, expected) => {
  expect(parseRow(table(fields), key)).toEqual(expected);
});

test("no row", () => {
  expect(
    parseRow(table("01 00000000:00000000 00:00000000 00000000     0        0"), "0100007F:A4B7 0100007F:8B13 "),
  ).toBeNull();
});

test.each(["127.0.0.1", "::1"])(
  "finds the row of a real connection to %s, and what its peer has not taken",
  async (host) => {
    const server = createServer({ pauseOnConnect: true }).listen(0, host);
    await once(server, "listening");
    const accepted = once(server, "connection");
    const socket = connect((server.address() as AddressInfo).port, host);
    await once(socket, "connect");
    const [peer] = await accepted;
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    const addresses = {
      localAddress: localAddress!,
      localPort: localPort!,
      remoteAddress: remoteAddress!,
      remotePort: remotePort!,
    };
    expect(await readSocketRow(addresses)).toEqual({ unacknowledged: 0, windowClosed: false });
    for (let count = 0; count < 300 && socket.write(Buffer.alloc(65_536)); count++);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await readSocketRow(addresses))?.unacknowledged).toBeGreaterThan(100_000);
    socket.destroy();
    peer.destroy();
    server.close();
  },
);
