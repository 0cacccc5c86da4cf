/** The accepted forms of settings: each reads one value and can say in words what it accepts. */
import type { ListenAddress } from "../settings.ts";

export interface Form<T> {
  /** Completes the sentence "accepted: …". */
  accepted: string;
  /** The value, or undefined when it does not have this form. */
  read(value: unknown): T | undefined;
  /** What is wrong with a value in particular, where more can be said than what is accepted. */
  problem?(value: unknown): string | undefined;
}

export function wholeNumber(min: number, max: number): Form<number> {
  return {
    accepted: `a whole number from ${min} to ${max}`,
    read: (value) =>
      typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined,
  };
}

/** A number from `min` to `max`, fractions allowed; `aboveMin` leaves `min` itself out. */
export function fraction(min: number, max: number, aboveMin = false): Form<number> {
  return {
    accepted: `a number ${aboveMin ? `above ${min} and up` : `from ${min}`} to ${max}, fractions allowed`,
    read: (value) =>
      typeof value === "number" && value <= max && (aboveMin ? value > min : value >= min) ? value : undefined,
  };
}

/** The same number written as text, as environment values are. */
export function asText(form: Form<number>): Form<number> {
  return {
    accepted: form.accepted,
    read: (value) =>
      typeof value === "string" && /^[+-]?\d+(\.\d+)?$/.test(value) ? form.read(Number(value)) : undefined,
  };
}

/** One of the given words (in any case) or numbers. */
export function oneOf<const T extends string | number>(options: readonly T[]): Form<T> {
  return {
    accepted: options.join(", ").replace(/, (?=[^,]*$)/, " or "),
    read(value) {
      const wanted = typeof value === "string" ? value.toLowerCase() : value;
      return options.find((option) => option === wanted);
    },
  };
}

export function matching(pattern: RegExp, accepted: string): Form<string> {
  return { accepted, read: (value) => (typeof value === "string" && pattern.test(value) ? value : undefined) };
}

export const trueOrFalse: Form<boolean> = {
  accepted: "true or false, without quotes",
  read: (value) => (typeof value === "boolean" ? value : undefined),
};

/** The same as text, as environment values are. */
export const trueOrFalseText: Form<boolean> = {
  accepted: "true or false",
  read(value) {
    const word = typeof value === "string" ? value.trim().toLowerCase() : "";
    return word === "true" ? true : word === "false" ? false : undefined;
  },
};

/** Names between commas, as environment values have them. */
export const commaList: Form<readonly string[]> = {
  accepted: "a list of names with commas between them",
  read(value) {
    const names = typeof value === "string" ? value.split(",").map((name) => name.trim()) : [];
    return names.every((name) => /^[^\p{Cc}]{0,200}$/u.test(name)) ? names.filter((name) => name !== "") : undefined;
  },
};

/** IP addresses and networks (CIDR). */
export const addressList: Form<readonly string[]> = {
  accepted: "IP addresses or networks such as 10.0.0.0/8 with commas between them",
  read(value) {
    const list = typeof value === "string" ? value.split(",").map((part) => part.trim()) : [];
    return list.every(isNetwork) ? list : undefined;
  },
};

function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const wide = address.includes(":") ? 128 : 32;
  if (more.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= wide))) return false;
  if (wide === 128) return /^[0-9a-fA-F:.]{2,45}$/.test(address) && URL.canParse(`http://[${address}]`);
  return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(address);
}

/** Any text: what it has to be is checked where it is used. */
export const anyText: Form<string> = {
  accepted: "a text",
  read: (value) => (typeof value === "string" ? value : undefined),
};

/** A path of this machine. */
export const path = matching(/^[^\p{Cc}]+$/u, "a path without control characters");

/** A name given by people: not blank, no control characters. Trimmed, as intake trims the entities of records. */
export const entityName: Form<string> = {
  accepted: "a name of 1 to 200 characters without control characters",
  read(value) {
    const name = typeof value === "string" ? value.trim() : "";
    return /^[^\p{Cc}]{1,200}$/u.test(name) ? name : undefined;
  },
};

export const entityNames: Form<readonly string[]> = {
  accepted: 'a list of entity names such as ["Primary Site"]',
  read(value) {
    if (!Array.isArray(value)) return undefined;
    const names = value.map((item) => entityName.read(item));
    return names.every((name) => name !== undefined) ? names : undefined;
  },
};

/** A host name or IP address; an IPv6 address may stand in brackets, which are taken off. */
export const host: Form<string> = {
  accepted: "a host name or IP address, without scheme and port",
  read: (value) => (typeof value === "string" ? readHost(value.trim()) : undefined),
};

/** `host:port`, `[ipv6]:port`; port 0 = any free one. */
export const listenAddress: Form<ListenAddress> = {
  accepted: "host:port such as 127.0.0.1:8080, 0.0.0.0:8443 or [::1]:8080",
  read(value) {
    const [, bracketed, plain, digits] = /^(?:(\[[^\]]+\])|([^:]+)):(\d{1,5})$/.exec(String(value)) ?? [];
    const found = readHost(bracketed ?? plain ?? "");
    const port = Number(digits);
    return found !== undefined && port <= 65535 ? { host: found, port } : undefined;
  },
};

/** etcd's client addresses. What crosses a network unprotected could be rewritten on the way. */
export const etcdEndpoints: Form<readonly string[]> = {
  accepted:
    "etcd's client addresses such as https://10.0.0.1:2379,https://10.0.0.2:2379 with commas between them; http:// only on this machine",
  read(value) {
    const list = typeof value === "string" ? value.split(",").map((part) => part.trim().replace(/\/$/, "")) : [];
    return list.length <= 9 && new Set(list).size === list.length && list.every(isEndpoint) ? list : undefined;
  },
};

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username } = new URL(text);
  if (pathname !== "/" || search !== "" || hash !== "" || username !== "") return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname.replace(/^\[|\]$/g, "")));
}

/** Where clients reach a node, as they type it. */
export const nodeAddress: Form<string> = {
  accepted: "an address such as https://edge1.example.org:8443",
  read(value) {
    const text = typeof value === "string" ? value.replace(/\/$/, "") : "";
    if (!/^https?:\/\/[^\s"'<>\\]+$/.test(text) || !URL.canParse(text)) return undefined;
    const { origin, username } = new URL(text);
    return origin.length <= 300 && username === "" && text.toLowerCase() === origin ? origin : undefined;
  },
};

function readHost(text: string): string | undefined {
  const address = text.replace(/^\[(.*)\]$/, "$1");
  if (address.includes(":")) return URL.canParse(`http://[${address.replace(/%[\w.-]+$/, "")}]/`) ? address : undefined;
  if (address !== text) return undefined;
  // All digits and dots is meant as an IPv4 address and must be a whole one.
  if (/^[\d.]+$/.test(address))
    return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(address) ? address : undefined;
  return /^(?=.{1,253}$)[0-9A-Za-z_](?:[0-9A-Za-z_.-]*[0-9A-Za-z_.])?$/.test(address) ? address : undefined;
}

/** Whether an address is reached from this machine alone: 127.0.0.0/8, ::1, localhost. */
export function isLoopback(address: string): boolean {
  return address === "::1" || address.toLowerCase() === "localhost" || /^127(?:\.\d{1,3}){3}$/.test(address);
}
