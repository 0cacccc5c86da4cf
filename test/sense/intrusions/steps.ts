/** What attackers do again and again, each time in one of its ways. */
import type { Machine } from "../estate.ts";
import type { Cast } from "./cast.ts";
import type { Origin, Process, Session } from "./session.ts";

export function lookAround({ intruder }: Cast, shell: Process): void {
  const { dice } = intruder;
  const looks: (readonly [image: string, commandLine: string, rules: string])[] = [
    ["whoami.exe", "whoami /groups", shell.session.user === null ? "whoami_groups whoami_system" : "whoami_groups"],
    ["net.exe", 'net group "Domain Admins" /domain', "net_recon net_exe"],
    ["nltest.exe", "nltest /domain_trusts", "nltest"],
    ["adfind.exe", "adfind -f objectcategory=computer", "adfind"],
    ["sharphound.exe", "sharphound -c All", "sharphound"],
    ["pscan.exe", "pscan /portable /r:10.20.0.0-10.20.1.255", "port_scan"],
  ];
  for (const [image, line, rules] of dice.shuffled(looks).slice(0, dice.int(1, 3)))
    intruder.start(shell, image, line, rules);
}

/** A shell of the machine's own account, on the machine of `from`. */
export function becomeSystem({ intruder }: Cast, from: Process): Process {
  const { dice } = intruder;
  const { machine } = from.session;
  const system = intruder.system(machine);
  const services = intruder.process(system, "services.exe");
  switch (dice.int(0, 3)) {
    case 0: {
      intruder.start(from, "fodhelper.exe", "fodhelper.exe", "fodhelper");
      const path = "cmd.exe /c echo dqnnlf > \\\\.\\pipe\\dqnnlf";
      intruder.event(
        from.session,
        7045,
        "System",
        { ServiceName: "dqnnlf", ImagePath: path, AccountName: "LocalSystem" },
        "getsystem",
      );
      const cmd = intruder.start(services, "cmd.exe", path, "system_shell", system);
      return intruder.start(cmd, "powershell.exe", "powershell -enc SQBFAFgA", "ps_encoded");
    }
    case 1: {
      // The child runs as the machine, its parent as the user.
      const tool = intruder.start(from, "lp.exe", "lp.exe -i in -o out", "potato");
      return intruder.start(tool, "cmd.exe", "cmd.exe", "system_shell", system);
    }
    case 2: {
      intruder.start(
        from,
        "schtasks.exe",
        "schtasks /create /ru SYSTEM /tn a /tr C:\\Users\\Public\\a.exe /sc once",
        "task_system",
      );
      const host = intruder.process(system, "svchost.exe", "svchost -k netsvcs -s Schedule");
      return intruder.start(host, "cmd.exe", "cmd /c C:\\Users\\Public\\a.exe", "system_shell");
    }
    default: {
      // A pipe's client is impersonated: nothing but the machine tells that the two are one.
      intruder.act(from, 17, { PipeName: "\\spoolss_x" }, "named_pipe_imp");
      return intruder.start(services, "powershell.exe", "powershell -nop", "ps_specific", system);
    }
  }
}

export function dumpCredentials({ intruder }: Cast, shell: Process): void {
  switch (intruder.dice.int(0, 3)) {
    case 0: {
      const dump = intruder.start(
        shell,
        "rundll32.exe",
        "rundll32 C:\\Windows\\System32\\comsvcs.dll, MiniDump 612 C:\\Users\\Public\\l.dmp full",
        "comsvcs",
      );
      intruder.act(dump, 11, { TargetFilename: "C:\\Users\\Public\\lsass.dmp" }, "lsass_dump_file");
      break;
    }
    case 1:
      intruder.start(shell, "reg.exe", "reg save HKLM\\SAM C:\\Users\\Public\\s", "hives");
      intruder.start(shell, "reg.exe", "reg save HKLM\\SYSTEM C:\\Users\\Public\\y", "hives");
      break;
    case 2: {
      const tool = intruder.start(shell, "m.exe", "m.exe privilege::debug sekurlsa::logonpasswords exit", "mimikatz");
      intruder.open(tool, "lsass.exe", "0x1010", "lsass_flags");
      break;
    }
    default:
      intruder.open(shell, "lsass.exe", "0x1438", "lsass_flags");
      intruder.act(shell, 11, { TargetFilename: "C:\\Users\\Public\\lsass.dmp" }, "lsass_dump_file");
  }
}

/** From one machine to another, as `account` of the domain or, with null, as the local administrator; the shell there. */
export function moveTo({ intruder }: Cast, from: Process, to: Machine, account: string | null): Process {
  const { dice } = intruder;
  const here = from.session.machine;
  const origin: Origin = { machine: here, ip: here.ip };
  const user = account ?? "Administrator";
  const isLocal = account === null;
  const short = to.name.split(".")[0] ?? "";
  const target = intruder.system(to);
  switch (dice.int(0, 5)) {
    case 0: {
      intruder.start(from, "psexec.exe", `psexec \\\\${short} -s cmd.exe`, "psexec");
      const session = intruder.logon(to, user, origin, 3, "admin_logon", isLocal);
      intruder.event(
        session,
        7045,
        "System",
        { ServiceName: "PSEXESVC", ImagePath: "%SystemRoot%\\PSEXESVC.exe", AccountName: "LocalSystem" },
        "psexec_service",
      );
      const service = intruder.process(target, "C:\\Windows\\PSEXESVC.exe");
      return intruder.start(service, "cmd.exe", "cmd.exe", "psexec_system");
    }
    case 1: {
      intruder.start(from, "wmic.exe", `wmic /node:${short} process call create powershell`, "wmic_remote");
      const session = intruder.logon(to, user, origin, 3, "pass_the_hash admin_logon", isLocal);
      const host = intruder.process(target, "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe");
      return intruder.start(host, "powershell.exe", "powershell -nop -w hidden", "wmi_child wmi_ps", session);
    }
    case 2: {
      intruder.act(
        from,
        3,
        { DestinationIp: to.ip, DestinationHostname: to.name, DestinationPort: "3389", Initiated: "true" },
        "rdp_outbound",
      );
      const session = intruder.logon(to, user, origin, 10, "admin_logon", isLocal);
      return intruder.start(intruder.process(session, "explorer.exe"), "cmd.exe", "cmd.exe", "net_exe");
    }
    case 3: {
      intruder.event(
        from.session,
        4648,
        "Security",
        { TargetUserName: user, TargetDomainName: "CORP", TargetServerName: to.name, ProcessName: from.image },
        "explicit",
      );
      const session = intruder.logon(to, user, origin, 3, "", isLocal);
      const host = intruder.process(session, "wsmprovhost.exe", "wsmprovhost -Embedding");
      return intruder.start(host, "cmd.exe", "cmd /c whoami", "winrm_host winrm_child");
    }
    case 4: {
      // Impacket: from a machine without a sensor of its own, or through a tunnel.
      const session = intruder.logon(to, user, origin, 3, "pass_the_hash", isLocal);
      intruder.event(
        session,
        5145,
        "Security",
        { ShareName: "\\\\*\\ADMIN$", RelativeTargetName: "__17.tmp", IpAddress: here.ip },
        "admin_share",
        here.ip,
      );
      const host = intruder.process(target, "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe");
      return intruder.start(
        host,
        "cmd.exe",
        "cmd.exe /Q /c cd \\ 1> \\\\127.0.0.1\\ADMIN$\\__17 2>&1",
        "impacket",
        session,
      );
    }
    default: {
      const session = intruder.logon(to, user, origin, 3, "pass_the_hash", isLocal);
      intruder.event(
        session,
        7045,
        "System",
        { ServiceName: "a3f", ImagePath: "\\\\127.0.0.1\\ADMIN$\\a3f.exe", AccountName: "LocalSystem" },
        "cs_service service_remote",
      );
      const beacon = intruder.process(target, "\\\\127.0.0.1\\ADMIN$\\a3f.exe");
      return intruder.start(beacon, "rundll32.exe", "rundll32.exe", "rundll32_odd");
    }
  }
}

/** The domain's secrets from a domain controller, as an account of the domain. */
export function readDirectory(cast: Cast, from: Process, account: string): void {
  const { intruder } = cast;
  const controller = cast.controller();
  const origin: Origin = { machine: from.session.machine, ip: from.session.machine.ip };
  const session = intruder.logon(controller, account, origin, 3, "admin_logon");
  if (intruder.dice.chance(0.6)) {
    intruder.start(from, "m.exe", "m.exe lsadump::dcsync /user:krbtgt", "mimikatz");
    const properties = "{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}";
    intruder.event(
      session,
      4662,
      "Security",
      { ObjectServer: "DS", AccessMask: "0x100", Properties: properties },
      "dcsync",
    );
  } else {
    const host = intruder.process(session, "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe");
    intruder.start(host, "ntdsutil.exe", 'ntdsutil "ac i ntds" ifm "create full C:\\t" q q', "ntdsutil wmi_child");
  }
}

/**
 * The end of it: machine by machine within minutes, as the account or as the machine itself: by PsExec with the account, or by a policy of the
 * domain, of which the machines' logs say nothing.
 */
export function encrypt({ intruder }: Cast, hosts: readonly Machine[], account: string | null, origin: Origin): void {
  const { dice } = intruder;
  const way = account === null ? "policy" : dice.pick(["account", "account", "psexec", "psexec", "policy"]);
  for (const machine of hosts) {
    let session: Session = intruder.system(machine);
    if (way === "account" && account !== null) session = intruder.logon(machine, account, origin, 3, "admin_logon");
    if (way === "psexec" && account !== null) {
      const own = intruder.logon(machine, account, origin, 3, "admin_logon");
      const service = { ServiceName: "PSEXESVC", ImagePath: "%SystemRoot%\\PSEXESVC.exe", AccountName: "LocalSystem" };
      intruder.event(own, 7045, "System", service, "psexec_service");
    }
    const cmd = intruder.process(session, "cmd.exe", "cmd /c C:\\Windows\\Temp\\e.exe");
    intruder.start(cmd, "vssadmin.exe", "vssadmin delete shadows /all /quiet", "shadow");
    if (dice.chance(0.6)) intruder.start(cmd, "bcdedit.exe", "bcdedit /set {default} recoveryenabled no", "bcdedit");
    if (dice.chance(0.4))
      intruder.event(session, 4663, "Security", { ObjectName: "D:\\data\\a.xlsx.locked" }, "renamed_files");
  }
}
