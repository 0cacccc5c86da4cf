/** The certificate of the HTTPS listener. */
import * as v from "valibot";
import type { ApiDependencies } from "./dependencies.ts";
import { type ApiContext, ifMatch, type Route, route } from "./route.ts";
import { orNull, text, time } from "./shapes/field-shapes.ts";

const longestPem = 256 * 1024;
const pem = (description: string) =>
  v.pipe(
    v.string("a text"),
    v.nonEmpty("a PEM text"),
    v.maxLength(longestPem, `at most ${longestPem} characters`),
    v.description(description),
  );
const upload = v.object({
  certificate: pem("PEM: the server's certificate, then the one that issued it, and so on."),
  private_key: pem("PEM, without a passphrase. It is stored and never given out."),
});
const issuer = { subject: text, issuer: text };
const state = {
  source: v.pipe(
    v.picklist(["self_signed", "uploaded", "files", "none"]),
    v.description("files: as RHYTHMX_TLS_CERT_FILE says. none: plain HTTP on loopback."),
  ),
  file: orNull(text),
  changeable: v.pipe(v.boolean(), v.description("Whether it can be replaced here.")),
  certificate: orNull(
    v.object({
      ...issuer,
      names: v.pipe(v.array(text), v.description("Such as DNS:edge.example and IP Address:10.0.0.5.")),
      self_signed: v.boolean(),
      renews_itself: v.pipe(
        v.boolean(),
        v.description("Made by this appliance, which renews it 30 days before its end."),
      ),
      not_before: time,
      not_after: time,
      fingerprint_sha256: text,
      key: text,
      chain: v.pipe(
        v.array(v.object({ ...issuer, not_after: time })),
        v.description("The certificates that are sent with it, in order."),
      ),
    }),
  ),
};
const changed = v.object({
  ...state,
  warnings: v.pipe(v.array(text), v.description("What works, but not for every client.")),
});

export function certificateRoutes({ certificate }: ApiDependencies): Route[] {
  const admin = { permission: "administer", callers: "users", tag: "Administration" } as const;
  const path = "/api/system/certificate";
  const changedSince = { description: "It was replaced since the version that If-Match names." };
  const pinned = { description: "Environment or file say which certificate it is, or the API speaks plain HTTP." };
  return [
    route({
      ...admin,
      ...{ method: "GET", path },
      summary: "The certificate of the HTTPS listener",
      answers: { 200: { description: "What it says; never the key.", schema: v.object(state) } },
      handle: async ({ c }) => tagged(c, certificate.read()),
    }),
    route({
      ...admin,
      ...{ method: "PUT", path },
      summary: "Replaces the certificate of the HTTPS listener",
      description:
        "New connections get it at once; requests and streams that are open go on. Refused is a key that does not fit, has a passphrase or is too weak, a certificate that has ended, is not for servers or has no subject alternative name, and a chain out of order. With If-Match (the ETag of GET) a certificate that somebody else has put there since stays.",
      body: upload,
      bodyExample: {
        certificate: "-----BEGIN CERTIFICATE-----\n...",
        private_key: "-----BEGIN PRIVATE KEY-----\n...",
      },
      answers: {
        200: { description: "What it says.", schema: changed },
        409: pinned,
        412: changedSince,
        422: { description: "It is refused, with the reason." },
      },
      handle: async ({ c, caller, body }) => {
        const pair = { cert: body.certificate, key: body.private_key };
        return tagged(c, await certificate.replace(caller, pair, ifMatch(c.req.header("if-match"))));
      },
    }),
    route({
      ...admin,
      ...{ method: "DELETE", path },
      summary: "Replaces the certificate by a new self-signed one",
      description: "With the names and addresses that this machine has now. If-Match as of PUT.",
      answers: { 200: { description: "What it says.", schema: changed }, 409: pinned, 412: changedSince },
      handle: async ({ c, caller }) =>
        tagged(c, await certificate.makeSelfSigned(caller, ifMatch(c.req.header("if-match")))),
    }),
  ];
}

/** With the fingerprint as the tag, for If-Match. */
function tagged(c: ApiContext, read: Record<string, unknown>): Response {
  const { fingerprint_sha256: fingerprint } = (read.certificate ?? {}) as { fingerprint_sha256?: string };
  if (fingerprint !== undefined) c.header("ETag", `"${fingerprint}"`);
  return c.json(read);
}
