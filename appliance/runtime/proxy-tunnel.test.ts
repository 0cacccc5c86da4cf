import { expect, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isDirect, tunnelThrough } from "./proxy-tunnel.ts";

test.each([
  ["jira.example", "", false],
  ["jira.example", "jira.example", true],
  ["jira.example", "other, .example", true],
  ["example", ".example", true],
  ["jira.example", "*.example", true],
  ["jira.example", "example", false],
  ["jira.example", "*", true],
  ["jira.example", "jira.example:8443", false],
  ["jira.example", "jira.example:443", true],
  ["10.1.2.3", "10.0.0.0/8", true],
  ["11.1.2.3", "10.0.0.0/8", false],
  ["fd00::1", "[fd00::]/8", true],
  ["fd00::1", "[fd00::1]", true],
  ["127.0.0.1", "", true],
  ["localhost", "", true],
])("%s with NO_PROXY=%s is reached directly: %p", (host, noProxy, direct) => {
  expect(isDirect({ host, port: 443 }, noProxy)).toBe(direct);
});

test.each([
  "proxy.example:3128",
  "10.0.0.1:3128",
  "http://127.0.0.1:99999",
  "http://a%zz:secret@127.0.0.1:1",
  "socks5://127.0.0.1:1",
])("%s is refused as an address, without its words", async (proxy) => {
  const refused = await tunnelThrough(proxy, { host: "jira.example", port: 443 }, 30_000).catch((error) => error);
  expect([refused.code, refused.message]).toEqual(["proxy_refused", expect.not.stringMatching(/secret|99999/)]);
});

test("a proxy is told its login, and its refusal is told", async () => {
  const seen: unknown[] = [];
  const server = createServer();
  server.on("connect", (request, socket) => {
    seen.push([request.url, request.headers["proxy-authorization"]]);
    socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy = `http://soc:p%40ss@127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(tunnelThrough(proxy, { host: "jira.example", port: 443 }, 30_000)).rejects.toThrow(
    /opens no way to jira\.example:443: it answers 407/,
  );
  expect(seen).toEqual([["jira.example:443", `Basic ${btoa("soc:p@ss")}`]]);
  await new Promise((resolve) => server.close(resolve));
});
