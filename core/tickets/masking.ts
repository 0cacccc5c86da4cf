/** Passwords and tokens in command lines and notes are masked before a text leaves for a ticket (CONTRACT 6). */

const mask = "********";
/** Each with the part that stays in front. */
const patterns: readonly RegExp[] = [
  /((?:^|[\s"'])(?:--?|\/)(?:p|pw|pwd|pass|passwd|password|secret|token|api[-_]?key)[\s=:]+)("[^"]*"|'[^']*'|[^\s"']+)/gi,
  /(\b(?:password|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|client[-_]?secret)\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s"',;&]+)/gi,
  /(\bnet\s+user\s+\S+\s+)(?!\/)(\S+)/gi,
  /(\bauthorization\s*:\s*(?:basic|bearer|token)\s+)([A-Za-z0-9._~+/=-]{8,})/gi,
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:)([^\s/@]+)(?=@)/gi,
  /()(\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)/g,
  /()(\b(?:AKIA|ASIA)[0-9A-Z]{16}\b)/g,
  /()(\bsmk_[0-9A-Za-z]{36}\b)/g,
];

/** `more`: patterns of the site, of which the whole match is masked. */
export function masked(text: string, more: readonly RegExp[] = []): string {
  const known = patterns.reduce((left, pattern) => left.replace(pattern, `$1${mask}`), text);
  return more.reduce((left, pattern) => left.replace(pattern, mask), known);
}
