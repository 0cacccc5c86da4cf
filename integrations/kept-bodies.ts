/** What is kept of requests and answers for people who look into a delivery: masked, and no longer than that. */

/** Characters of one body. */
const longestBody = 65_536;
/** A secret that begins within what is kept is masked whole. */
const longestSecret = 8_192;

/** Fields of JSON that hold what nobody has to see, whatever the target calls its credentials. */
const secretFields =
  /("(?:[a-z_.-]*(?:password|passwd|secret|authorization|api[_-]?key|token|cookie|jsessionid))"\s*:\s*")(?:[^"\\]|\\.)*/gi;

const mask = "********";

/** Every form in which a body may hold these secrets is masked. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < 4) continue;
    const forms = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
      JSON.stringify(secret).slice(1, -1),
    ];
    for (const form of forms) clean = clean.replaceAll(form, mask);
  }
  return clean;
}

/** The body as it is kept; null = there was none. */
export function keptBody(body: string | undefined, secrets: readonly string[]): string | null {
  if (body === undefined || body === "") return null;
  const part = body.slice(0, longestBody + longestSecret);
  const clean = withoutSecrets(part, secrets).replace(secretFields, `$1${mask}`);
  const kept = clean.slice(0, longestBody).toWellFormed().replaceAll("\0", "\u{fffd}");
  const left = body.length - longestBody;
  return left > 0 ? `${kept}\n… and ${left} more characters` : kept;
}
