/** Where programs take their passwords, where neither a name nor the secret's shape says it: a table by program. */
import { isSecret } from "./names.ts";
import {
  after,
  behind,
  impacketTarget,
  literalValues,
  netSecrets,
  oracleLogin,
  positional,
  secondIfNamed,
} from "./places.ts";
import type { Span, Word } from "./words.ts";

interface Tool {
  /** Options whose next word is the secret. Case counts unless `anyCase`. */
  next?: readonly string[];
  /** What the secret follows within the same word. */
  attached?: readonly string[];
  /** Options whose next word, or rest, is `user:secret`. */
  pair?: readonly string[];
  /** What stands between user and secret; a colon unless given. */
  separator?: string;
  anyCase?: boolean;
  /** Counts only where this word is among the first. */
  command?: string;
  /** Secrets by their place. */
  place?(words: readonly Word[]): (Span | undefined)[];
}

const login = (command: string): Tool => ({ command, next: ["-p", "--password"], attached: ["-p", "--password="] });
const passwordP: Tool = {
  next: ["-p", "/p", "-pass", "-password"],
  attached: ["-p:", "/p:", "-pw:", "-password:", "/password:"],
  anyCase: true,
};
const hashes = ["-H", "-hashes", "--hashes", "-hash", "--hash", "-nthash", "--nthash"];
const ldap: Tool = { next: ["-w"], attached: ["-w"] };
const sqlcmd: Tool = { next: ["-P", "/P"], attached: ["-P", "/P"] };
const mysql: Tool = { attached: ["-p"], place: (words) => [after(words, /^password$/)[0]] };
const ssh: Tool = { next: ["-pw"] };
const zip: Tool = { attached: ["-p", "-hp"], anyCase: true };
const samba: Tool = {
  pair: ["-U", "--user"],
  separator: "%",
  next: ["--pw-nt-hash"],
  place: (words) => [words[0]?.text.startsWith("//") ? positional(words.slice(1, 2))[0] : undefined],
};
const impacket: Tool = {
  next: ["-hashes", "-aesKey", "-computer-pass", "-nthash", "-password"],
  place: impacketTarget,
};
const spray: Tool = { next: ["-p", ...hashes, "--aesKey", "-pass", "--password"], attached: ["-p"] };

/** By program, in small letters and without extension. */
const table: Readonly<Record<string, Tool>> = {
  ...named("net net1", { place: netSecrets }),
  ...named("schtasks", { next: ["/rp", "/p", "-rp"], anyCase: true }),
  ...named("setx", { place: (words) => secondIfNamed(words.filter(({ text }) => !/^\/[msu]$/i.test(text))) }),
  ...named(
    "mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlslap mysqlsh mariadb mariadb-dump mariadb-admin",
    mysql,
  ),
  ...named("mongo mongosh mongodump mongorestore mongoexport mongoimport", { next: ["-p"], attached: ["-p"] }),
  ...named("redis-cli", { next: ["-a", "--pass"], place: (words) => [after(words, /^auth$/i)[0]] }),
  ...named("sshpass", { next: ["-p"], attached: ["-p"] }),
  ...named("osql sqlcmd isql bcp tsql sqsh freebcp", sqlcmd),
  ...named("sqlplus sqlldr exp imp expdp impdp rman sqlcl", { place: oracleLogin }),
  ...named("7z 7za 7zr 7zz 7zg rar winrar unrar", zip),
  ...named("zip unzip zipcloak", { next: ["-P", "--password"], attached: ["-P"] }),
  ...named("curl", {
    pair: ["-u", "--user", "-U", "--proxy-user"],
    next: ["--oauth2-bearer", "--pass", "--proxy-pass"],
  }),
  ...named("http https httpie xh", { pair: ["-a", "--auth"] }),
  ...named("ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare ldapmodrdn", ldap),
  ...named("ldappasswd", { ...ldap, next: ["-w", "-s", "-a"] }),
  ...named("slappasswd", { next: ["-s"] }),
  ...named(
    "ldapdomaindump bloodhound-python bloodhound windapsearch ldeep bloodyad certipy certipy-ad pywhisker coercer petitpotam kerbrute_linux",
    spray,
  ),
  ...named("adfind admod", { next: ["-up"] }),
  ...named("dsquery dsadd dsmod dsget dsrm dsmove", { next: ["-p", "-pwd"], anyCase: true }),
  ...named("csvde ldifde", { place: (words) => [after(words, /^-b$/i)[2]] }),
  ...named("netdom", { attached: ["/passwordd:", "/passwordo:", "/pd:", "/po:", "/pt:"], anyCase: true }),
  ...named(
    "psexec psexec64 psexesvc pskill pskill64 psservice pslist pslist64 psloggedon psinfo psinfo64 psgetsid psloglist pssuspend psshutdown pspasswd paexec csexec remcom xcmd",
    passwordP,
  ),
  ...named(
    "winrs winrm wecutil wevtutil systeminfo tasklist taskkill qprocess driverquery getmac openfiles eventcreate gpresult cmdkey whoami mstsc shutdown waitfor makecab typeperf logman cpau lsrunas lsrunase runas",
    passwordP,
  ),
  ...named("wmic", { attached: ["/password:"], anyCase: true }),
  ...named("runascs", { place: (words) => [positional(words)[1]] }),
  ...named("autologon", { place: (words) => [positional(words)[2]] }),
  ...named("rasdial", { place: (words) => [positional(words)[2]] }),
  ...named("rclone", {
    place: (words) => [
      positional(after(words, /^obscure$/))[0],
      after(words, /^(?:pass|password2|secret_access_key)$/)[0],
    ],
  }),
  ...named("chisel", { pair: ["--auth"] }),
  ...named("openssl", {
    attached: ["pass:"],
    next: ["-k", "-K"],
    place: (words) => (words[0]?.text === "passwd" ? positional(words.slice(1)).slice(-1) : []),
  }),
  ...named("docker podman nerdctl buildah oras crane helm skopeo", {
    ...login("login"),
    pair: ["--creds", "--src-creds", "--dest-creds"],
  }),
  ...named("az oc kubelogin cf ibmcloud bx", login("login")),
  ...named("aws npm yarn pnpm git", { place: (words) => secondIfNamed(after(words, /^set$/)) }),
  ...named("vault", {
    place: (words) => [positional(after(words, /^login$/)).find(({ text }) => !text.includes("="))],
  }),
  ...named("consul nomad", { next: ["-token"] }),
  ...named("rabbitmqctl", { place: (words) => [after(words, /^(?:add_user|change_password|authenticate_user)$/)[1]] }),
  ...named("mc", { place: (words) => [positional(after(words, /^(?:set|add)$/))[3]] }),
  ...named("ngrok", { place: (words) => [after(words, /authtoken$/)[0]] }),
  ...named("twine", { next: ["-p"] }),
  ...named("nuget dotnet", { next: ["-k"], command: "push" }),
  ...named("plink pscp psftp putty kitty klink pterm winscp", ssh),
  ...named("certutil pvk2pfx", { next: ["-p", "-pi", "-po"], attached: [], anyCase: true }),
  ...named("signtool", { next: ["/p", "-p"] }),
  ...named("kinit", { attached: ["--password="] }),
  ...named(
    "smbclient rpcclient smbget smbcacls winexe pth-winexe pth-smbclient pth-rpcclient pth-net wmic-pth nmblookup smbtree smbspool",
    samba,
  ),
  ...named("wbinfo", { pair: ["-a", "-U", "-K"], separator: "%" }),
  ...named("smbmap", { next: ["-p"], attached: ["-p="] }),
  ...named("enum4linux enum4linux-ng polenum", { next: ["-p", "-H"] }),
  ...named(
    "wmiexec smbexec atexec dcomexec secretsdump getuserspns getnpusers getadusers mssqlclient lookupsid gettgt getst ticketer rpcdump addcomputer raisechild samrdump services netview goldenpac finddelegation ntlmrelayx rbcd dacledit owneredit getpac rpcmap changepasswd describeticket dpapi machine_role keylistattack",
    impacket,
  ),
  ...named("crackmapexec cme nxc netexec evil-winrm", spray),
  ...named("kerbrute", {
    place: (words) =>
      words.some(({ text }) => text === "passwordspray")
        ? words.filter(({ text }) => !text.startsWith("-")).slice(-1)
        : [],
  }),
  ...named("hydra medusa ncrack", { next: ["-p"] }),
  ...named("xfreerdp xfreerdp3 wfreerdp wlfreerdp sdl-freerdp freerdp", {
    next: ["-p"],
    attached: ["/p:", "-p:", "/pth:", "/gp:"],
  }),
  ...named("rdesktop vncviewer", { next: ["-p"] }),
  ...named("netsh", { attached: ["keymaterial=", "key="], anyCase: true }),
  ...named("nmcli", { place: (words) => [after(words, /^(?:password|wifi-sec\.psk|802-1x\.password)$/)[0]] }),
  ...named("wpa_passphrase", { place: (words) => [words[1]] }),
  ...named("htpasswd", {
    place: (words) => (words.some(({ text }) => /^-\w*b/.test(text)) ? positional(words).slice(-1) : []),
  }),
  ...named("useradd usermod radtest", {
    next: ["-p", "--password"],
    place: (words) => (/^-/.test(words[0]?.text ?? "-") || words.length < 4 ? [] : [words[1]]),
  }),
  ...named("ssh-keygen", { next: ["-N", "-P"] }),
  ...named("kubectl", { place: literalValues }),
  ...named("lftp", { pair: ["-u", "--user"], separator: "," }),
  ...named("ncftp ncftpput ncftpget cqlsh racadm p4", { next: ["-p", "-P"] }),
  ...named("ipmitool", { next: ["-P"] }),
  ...named("mosquitto_pub mosquitto_sub", { next: ["-P"] }),
  ...named("snmpwalk snmpget snmpset snmpbulkwalk", { next: ["-c", "-A", "-X"] }),
  ...named("bitsadmin", { place: (words) => [after(words, /^\/setcredentials$/i)[4]] }),
  ...named("svn hg", { attached: ["--password="] }),
};

function named(names: string, tool: Tool): Record<string, Tool> {
  return Object.fromEntries(names.split(" ").map((name) => [name, tool]));
}

/** The programs' table entry; null for a program that takes no password, or names it as one. `name` as it was typed. */
export function toolOf(name: string): Tool | null {
  const plain = name.toLowerCase().replace(/^impacket-/, "");
  if (plain.endsWith(".py") || plain !== name.toLowerCase()) {
    const script = plain.replace(/\.py$/, "");
    if (script === "psexec" || script === "smbclient" || script === "reg" || script === "netview") return impacket;
    return tableEntry(script);
  }
  return tableEntry(plain.replace(/\.(?:exe|com|cmd|bat|ps1|sh|rb)$/, ""));
}

function tableEntry(name: string): Tool | null {
  return Object.hasOwn(table, name) ? (table[name] ?? null) : null;
}

/** Where the secrets of a command line stand. */
export function secretsOf(tool: Tool, words: readonly Word[]): Span[] {
  if (tool.command !== undefined && !words.slice(0, 4).some(({ text }) => text === tool.command))
    return pairsOf(tool, words);
  const spans: Span[] = [...pairsOf(tool, words)];
  const cased = (text: string) => (tool.anyCase ? text.toLowerCase() : text);
  for (const [index, word] of words.entries()) {
    const text = cased(word.text);
    const following = words[index + 1];
    if (tool.next?.includes(text)) {
      if (following !== undefined && isValue(following)) spans.push(following);
      // A second program in the line has options of its own.
      if (text === "-p") break;
      continue;
    }
    const prefix = tool.attached?.find((one) => text.startsWith(one) && text.length > one.length);
    if (prefix === undefined || /^-?p(?:rint|ort|rot|lugin|ipe|ager)/.test(text.replace(/^-+/, "-").slice(1))) continue;
    const lead = word.quoted ? (word.end - word.start - word.text.length) >> 1 : 0;
    if (isSecret(word.text.slice(prefix.length).replace(/^["']|["']$/g, ""), ""))
      spans.push({ start: word.start + lead + prefix.length, end: word.end - lead });
  }
  for (const span of tool.place?.(words) ?? []) if (span !== undefined && isPlaced(span)) spans.push(span);
  return spans;
}

function pairsOf(tool: Tool, words: readonly Word[]): Span[] {
  const separator = tool.separator ?? ":";
  const spans: (Span | undefined)[] = [];
  for (const [index, word] of words.entries()) {
    const option = tool.pair?.find(
      (one) => word.text === one || word.text.startsWith(`${one}=`) || (one.length === 2 && word.text.startsWith(one)),
    );
    if (option === undefined) continue;
    const holder = word.text === option ? words[index + 1] : word;
    const at = holder?.text.indexOf(separator) ?? -1;
    if (holder !== undefined && at >= 0 && isSecret(holder.text.slice(at + separator.length)))
      spans.push(behind(holder, separator));
  }
  return spans.filter((span) => span !== undefined && span.end > span.start) as Span[];
}

function isValue(word: Word): boolean {
  return word.quoted ? isSecret(word.text) : !/^-./.test(word.text) && isSecret(word.text);
}

function isPlaced(span: Span): boolean {
  return !("text" in span) || isSecret(String(span.text));
}
