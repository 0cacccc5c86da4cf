/** Names of machines on the internet, apart from those of one's own networks and of services that everybody uses. */

/** Endings that are never resolved outside (RFC 2606, 6761, 6762, 8375, and what networks use in their place). */
const inner =
  /(?:^|\.)(?:local|localdomain|localhost|lan|lab|corp|home|internal|intranet|intra|private|domain|ad|dmz|test|example|invalid|arpa|onion|workgroup|fritz\.box|example\.(?:com|net|org))$/;
/** Whoever blocks these blocks updates, sign-in, mail or half of the web. */
const shared = new RegExp(
  `(?:^|\\.)(?:${[
    ...[
      "microsoft",
      "windows",
      "windowsupdate",
      "msftncsi",
      "msftconnecttest",
      "office",
      "office365",
      "live",
      "outlook",
      "skype",
      "bing",
      "azure",
      "azureedge",
      "msn",
      "sharepoint",
      "onmicrosoft",
      "microsoftonline",
      "linkedin",
    ].map((name) => `${name}\\.com`),
    ...[
      "office\\.net",
      "windows\\.net",
      "msedge\\.net",
      "akamaized\\.net",
      "akadns\\.net",
      "akamai\\.net",
      "akamaiedge\\.net",
      "cloudfront\\.net",
      "cloudflare\\.(?:com|net)",
      "fastly\\.net",
      "azure\\.net",
      "trafficmanager\\.net",
    ],
    ...[
      "google",
      "googleapis",
      "gstatic",
      "googleusercontent",
      "youtube",
      "gmail",
      "apple",
      "icloud",
      "amazon",
      "amazonaws",
      "github",
      "githubusercontent",
      "gitlab",
      "bitbucket",
      "dropbox",
      "slack",
      "zoom",
      "teamviewer",
      "facebook",
      "twitter",
      "discord",
      "discordapp",
      "adobe",
      "mozilla",
      "digicert",
      "verisign",
      "letsencrypt",
      "sophos",
      "crowdstrike",
      "sentinelone",
      "vmware",
      "oracle",
      "salesforce",
      "docker",
      "npmjs",
      "stackoverflow",
      "wikipedia",
      "paypal",
      "cisco",
      "dell",
      "hp",
      "intel",
    ].map((name) => `${name}\\.(?:com|org|net|io|us)`),
    ...[
      "goo\\.gl",
      "bit\\.ly",
      "pypi\\.org",
      "debian\\.org",
      "ubuntu\\.com",
      "redhat\\.com",
      "telegram\\.org",
      "t\\.me",
      "wikipedia\\.org",
      "mozilla\\.org",
      "elastic\\.co",
      "pastebin\\.com",
    ],
  ].join("|")})$`,
);

/** Whether blocking a name could be of use and would cut off no one's own machines. `own`: hosts and accounts of the incident, whose domains are one's own. */
export function isExternalName(name: string, own: readonly string[]): boolean {
  const plain = name.trim().toLowerCase().replace(/\.$/, "");
  if (!/^(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{2,50})$/.test(plain) || plain.length > 253)
    return false;
  if (inner.test(plain) || shared.test(plain) || plain.startsWith("_")) return false;
  return !own.some((one) => {
    const domain = domainOf(one.toLowerCase());
    const label = domain.split(".")[0] ?? "";
    return (
      domain !== "" &&
      (plain === domain ||
        plain.endsWith(`.${domain}`) ||
        (label.length > 2 && plain.split(".").slice(-2)[0] === label))
    );
  });
}

/** The domain of a host's or account's name; "" without one. */
function domainOf(name: string): string {
  if (name.includes("\\")) return name.slice(0, name.indexOf("\\"));
  if (name.includes("@")) return name.slice(name.lastIndexOf("@") + 1);
  return name.includes(".") ? name.slice(name.indexOf(".") + 1) : "";
}
