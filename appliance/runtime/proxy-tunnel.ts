/** A connection to a host through a proxy (CONNECT), and which hosts are reached without one. */
import { BlockList, connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { EdgeError, messageOf } from "../../core/errors.ts";

interface Place {
  host: string;
  port: number;
}

/** A proxy that answers with more than this before the empty line is none. */
const longestAnswer = 16_384;

/** `noProxy`: hosts, domains such as `.example.org`, addresses and networks, with commas between them. */
export function isDirect({ host, port }: Place, noProxy: string): boolean {
  const name = host.toLowerCase();
  if (/^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(name)) return true;
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      const [, network = "", prefix = ""] = /^\[?([0-9a-f.:]+)\]?\/(\d+)$/.exec(entry) ?? [];
      if (network !== "") return isWithin(name, network, Number(prefix));
      const [, named = "", only = ""] = /^(\[[^\]]+\]|[^:]+|[0-9a-f:]+)(?::(\d+))?$/.exec(entry) ?? [];
      if (named === "" || (only !== "" && Number(only) !== port)) return false;
      if (named === "*") return true;
      const suffix = named.replace(/^\*/, "").replace(/^\[(.*)\]$/, "$1");
      return suffix.startsWith(".") ? name.endsWith(suffix) || name === suffix.slice(1) : name === suffix;
    });
}

function isWithin(address: string, network: string, prefix: number): boolean {
  const [family, of] = [isIP(address), isIP(network)];
  if (family === 0 || of === 0 || prefix > (of === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, of === 4 ? "ipv4" : "ipv6");
  return list.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** What an address of a proxy says; `login`: `name:password`, "" = none. The environment may hold anything. @throws EdgeError proxy_refused */
function partsOf(proxy: string): Place & { isTls: boolean; login: string } {
  try {
    const { protocol, hostname, port, username, password } = new URL(proxy);
    const isTls = protocol === "https:";
    if (isTls || protocol === "http:")
      return {
        host: hostname.replace(/^\[(.*)\]$/, "$1"),
        port: Number(port || (isTls ? 443 : 80)),
        isTls,
        login: username === "" ? "" : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
      };
  } catch {
    // Its words would repeat the password.
  }
  throw new EdgeError("proxy_refused", "the address of the proxy is none such as http://proxy.example:3128");
}

/** `proxy`: `http://name:password@proxy.example:3128`. @throws EdgeError proxy_refused; also where that is no such address */
export async function tunnelThrough(proxy: string, { host, port }: Place, limitMs: number): Promise<Socket> {
  const named = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const { isTls, login, ...way } = partsOf(proxy);
  const authorization = login === "" ? "" : `Proxy-Authorization: Basic ${Buffer.from(login).toString("base64")}\r\n`;
  return new Promise((resolve, reject) => {
    const socket: Socket = isTls
      ? connectTls({ ...way, ...(isIP(way.host) === 0 ? { servername: way.host } : {}) })
      : connect(way);
    const refuse = (why: string) => {
      clearTimeout(late);
      socket.destroy();
      reject(new EdgeError("proxy_refused", `${way.host}:${way.port} opens no way to ${named}: ${why}`));
    };
    const late = setTimeout(() => refuse("it did not answer in time"), limitMs);
    let answer = "";
    const read = (bytes: Buffer) => {
      answer += bytes.toString("latin1");
      if (answer.length > longestAnswer) return refuse("it answers something else");
      if (!answer.includes("\r\n\r\n")) return;
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1];
      if (status !== "200") return refuse(`it answers ${status ?? "something else"}`);
      clearTimeout(late);
      socket.removeAllListeners();
      // Until somebody else listens, an error would be nobody's and end the process; it comes to them as the end of the connection.
      socket.on("error", () => {});
      socket.pause();
      resolve(socket);
    };
    socket.once(isTls ? "secureConnect" : "connect", () => {
      socket.write(`CONNECT ${named} HTTP/1.1\r\nHost: ${named}\r\n${authorization}\r\n`);
    });
    socket.on("data", read);
    socket.once("error", (error) => refuse(messageOf(error)));
    socket.once("close", () => refuse("it closed the connection"));
  });
}
