/** The machines on both sides of a connection, and which of them is the other one. */
import { isPublicAddress, isRemoteAddress, plainAddress } from "./addresses.ts";
import type { LogFields } from "./log-fields.ts";

const sourceNames = [
  "sourceip",
  "source.ip",
  "sourceaddress",
  "ipaddress",
  "srcip",
  "id.origh",
  "clientaddress",
  "sourceipaddress",
  "remoteip",
  "callerip",
  "data.srcip",
  "client.ip",
  "clientip",
  "addr",
  "rhost",
];
const destinationNames = [
  "destinationip",
  "destination.ip",
  "destaddress",
  "destip",
  "dstip",
  "dst.ip",
  "id.resph",
  "tgtip",
  "destinationaddress",
  "server.ip",
  "dest",
  "dst",
];
const directionNames = ["network.direction", "direction", "initiated", "connectiondirection"];
const portNames = [
  "destinationport",
  "destination.port",
  "destport",
  "id.respp",
  "tgtport",
  "dport",
  "dpt",
  "remoteport",
];
/** The fields that `addressesOf` reads. */
export const addressNames: readonly string[] = [
  ...sourceNames,
  ...destinationNames,
  ...directionNames,
  ...portNames,
  "localorig",
  "localresp",
  "eventid",
];

/** `ips`: of other machines. `peer`: the one that this machine had to do with, "" where the log does not say which it is. */
export function addressesOf(fields: Pick<LogFields, "first">): { ips: string[]; peer: string; port: string } {
  const source = plainAddress(fields.first(...sourceNames));
  const destination = plainAddress(fields.first(...destinationNames));
  const [inward, outward] = [
    /^(?:inbound|ingress|in|false|%%14592|toclient)$/i,
    /^(?:outbound|egress|out|true|%%14593|toserver)$/i,
  ];
  const direction = fields.first(...directionNames);
  const [isLocal, isLocalTarget] = [fields.first("localorig"), fields.first("localresp")];
  const own = (address: string) => !isRemoteAddress(address);
  // What logs on, asks for a ticket or opens a share is the other side; of a connection it depends on who began it.
  const peer =
    destination === ""
      ? fields.first("sourceip", "source.ip", "id.origh") !== "" && fields.first("eventid") === "3"
        ? ""
        : source
      : outward.test(direction) || isLocal === "true" || own(source)
        ? destination
        : inward.test(direction) || isLocalTarget === "true"
          ? source
          : isPublicAddress(destination) !== isPublicAddress(source)
            ? // One is of the internet, so it is the other one that is ours.
              isPublicAddress(source)
              ? source
              : destination
            : "";
  const port = fields.first(...portNames);
  const ips = [...new Set([destination, source])].filter(isRemoteAddress);
  return { ips, peer: own(peer) ? "" : peer, port };
}
