/** What was asked for over a network: names, addresses, calls of clouds. */
import { isRemoteAddress } from "./addresses.ts";
import fieldNames from "./field-names.json" with { type: "json" };
import type { LogFields } from "./log-fields.ts";

/** The host's name within an address or by itself. */
export function domainOf(text: string): string {
  const [name = ""] = text.replace(/^https?:\/\//i, "").split(/[/:\s]/);
  const plain = name.replace(/\.$/, "");
  return isRemoteAddress(plain) || !/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(plain) ? "" : plain;
}

/** The address that was asked for; Zeek and Suricata write host and path apart. */
export function urlOf(fields: LogFields): string {
  const whole = fields.first(...fieldNames.url);
  if (/^https?:\/\//i.test(whole)) return whole;
  const [host, path] = [
    fields.first("http.hostname", "host", "http.host"),
    fields.first("uri", "http.url", "url.path"),
  ];
  const isRequest = fields.first("method", "http.httpmethod", "http.request.method") !== "";
  return isRequest && domainOf(host) !== "" && path.startsWith("/") ? `http://${domainOf(host)}${path}` : "";
}

/** `PutBucketPolicy of s3.amazonaws.com`: what was called of a cloud. */
export function callOf(fields: LogFields): string {
  const [name, source] = [
    fields.first("eventname", "operationname", "methodname"),
    fields.first("eventsource", "servicename", "resourceprovidername", "workload"),
  ];
  const isCloud =
    /\.amazonaws\.com$/.test(source) ||
    fields.first("awsregion", "resourceid", "tenantid", "userid", "recipientaccountid", "workload", "methodname") !==
      "";
  return name !== "" && isCloud ? `${name}${source === "" ? "" : ` of ${source}`}` : "";
}
