/** Rules that invented attacks set off: titles, levels and tags as SigmaHQ has them. */
import { createHash } from "node:crypto";
import type { Level } from "../../../core/detection.ts";
import { type Rule, sampleRecords } from "../rules.ts";

const table = `
office_child    | high     | Suspicious Microsoft Office Child Process | execution t1204.002
macro_file      | high     | Suspicious Creation of Script by an Office Program | execution t1204
iso_mount       | medium   | ISO Image Mounted | initial-access t1566.001
lnk_double      | medium   | Suspicious LNK Double Extension File Created | stealth t1036.007
mshta_child     | high     | Suspicious MSHTA Child Process | stealth t1218.005
ps_base64       | medium   | Suspicious Execution of Powershell with Base64 | execution t1059.001
ps_encoded      | high     | Base64 Encoded PowerShell Command Detected | stealth t1027 execution t1059.001
ps_network      | low      | Network Connection Initiated By PowerShell Process | execution t1059.001
ps_download     | medium   | PowerShell Download Pattern | execution t1059.001
ps_specific     | high     | Suspicious PowerShell Invocations - Specific | execution t1059.001
rundll32_odd    | medium   | Potentially Suspicious Rundll32 Activity | stealth t1218.011
regsvr32_odd    | high     | Potentially Suspicious Child Process Of Regsvr32 | stealth t1218.010
msiexec_web     | medium   | Suspicious Msiexec Quiet Install From Remote Location | stealth t1218.007
run_key         | medium   | CurrentVersion Autorun Keys Modification | persistence t1547.001
startup         | medium   | Startup Folder File Write | persistence t1547.001
task_system     | high     | Schtasks Creation Or Modification With SYSTEM Privileges | privilege-escalation persistence t1053.005
task_folder     | high     | Schtasks From Suspicious Folders | execution t1053.005
task_remote     | medium   | Remote Schtasks Creation | lateral-movement persistence t1053.005
whoami_groups   | medium   | Group Membership Reconnaissance Via Whoami.EXE | discovery t1033
whoami_system   | high     | Whoami.EXE Execution From Privileged Process | privilege-escalation discovery t1033
net_recon       | medium   | Suspicious Group And Account Reconnaissance Activity Using Net.EXE | discovery t1087.001 t1087.002
net_exe         | low      | Net.EXE Execution | discovery t1049 t1018
nltest          | medium   | Potential Recon Activity Via Nltest.EXE | discovery t1482
adfind          | high     | PUA - AdFind Suspicious Execution | discovery t1087.002 t1482
sharphound      | high     | HackTool - Bloodhound/Sharphound Execution | discovery t1087.002 t1482
port_scan       | medium   | PUA - Advanced Port Scanner Execution | discovery t1046 t1135
fodhelper       | high     | Bypass UAC via Fodhelper.exe | privilege-escalation t1548.002
getsystem       | high     | Meterpreter or Cobalt Strike Getsystem Service Installation - System | privilege-escalation t1134.001 t1134.002
named_pipe_imp  | high     | Privilege Escalation via Named Pipe Impersonation | privilege-escalation t1021
potato          | high     | HackTool - LocalPotato Execution | privilege-escalation
system_shell    | medium   | Elevated System Shell Spawned | privilege-escalation execution t1059
cs_pipe         | critical | CobaltStrike Named Pipe | privilege-escalation t1055
cs_service      | critical | CobaltStrike Service Installations - System | lateral-movement execution t1021.002 t1543.003 t1569.002
injection       | medium   | Potential Shellcode Injection | privilege-escalation stealth t1055
comsvcs         | high     | Lsass Memory Dump via Comsvcs DLL | credential-access t1003.001
lsass_flags     | medium   | Uncommon GrantedAccess Flags On LSASS | credential-access t1003.001
lsass_dump_file | high     | LSASS Process Memory Dump Files | credential-access t1003.001
hives           | high     | Dumping of Sensitive Hives Via Reg.EXE | credential-access t1003.002 t1003.004
mimikatz        | high     | HackTool - Mimikatz Execution | credential-access t1003.001 t1003.006
kirbi           | critical | HackTool - Mimikatz Kirbi File Creation | credential-access t1558
rubeus          | critical | HackTool - Rubeus Execution | credential-access t1558.003 lateral-movement t1550.003
rc4_ticket      | medium   | Suspicious Kerberos RC4 Ticket Encryption | credential-access t1558.003
kerberoast      | medium   | Kerberoasting Activity - Initial Query | credential-access t1558.003
dcsync          | high     | Mimikatz DC Sync | credential-access t1003.006
ntdsutil        | high     | Suspicious Usage Of Active Directory Diagnostic Tool (ntdsutil.exe) | credential-access t1003.003
certify         | high     | HackTool - Certify Execution | credential-access t1649
cert_mapping    | medium   | Certificate Use With No Strong Mapping | privilege-escalation
petitpotam      | high     | Possible PetitPotam Coerce Authentication Attempt | credential-access t1187
zerologon       | critical | Zerologon Exploitation Using Well-known Tools | lateral-movement t1210
browser_creds   | medium   | Access To Browser Credential Files By Uncommon Applications | credential-access t1003
findstr_pass    | high     | Findstr GPP Passwords | credential-access t1552.006
psexec          | medium   | Psexec Execution | execution lateral-movement t1569 t1021
psexec_service  | medium   | PsExec Service Installation | execution t1569.002
psexec_system   | high     | PsExec Service Child Process Execution as LOCAL SYSTEM | execution
wmic_remote     | medium   | WMIC Remote Command Execution | execution t1047
wmi_child       | medium   | WmiPrvSE Spawned A Process | execution t1047
wmi_ps          | medium   | Potential WMI Lateral Movement WmiPrvSE Spawned PowerShell | execution t1047 t1059.001
impacket        | high     | HackTool - Potential Impacket Lateral Movement Activity | execution lateral-movement t1047 t1021.003
smbexec         | high     | smbexec.py Service Installation | lateral-movement execution t1021.002 t1569.002
admin_share     | high     | SMB Create Remote File Admin Share | lateral-movement t1021.002
first_pipe      | high     | First Time Seen Remote Named Pipe | lateral-movement t1021.002
pass_the_hash   | medium   | Pass the Hash Activity 2 | lateral-movement t1550.002
overpass        | high     | Successful Overpass the Hash Attempt | lateral-movement t1550.002
admin_logon     | low      | Admin User Remote Logon | lateral-movement t1078.001
explicit        | medium   | Suspicious Remote Logon with Explicit Credentials | lateral-movement t1078
winrm_host      | medium   | Remote PowerShell Session Host Process (WinRM) | execution lateral-movement t1059.001 t1021.006
winrm_child     | high     | Suspicious Processes Spawned by WinRM | initial-access t1190
evil_winrm      | medium   | HackTool - WinRM Access Via Evil-WinRM | lateral-movement t1021.006
rdp_public      | medium   | External Remote RDP Logon from Public IP | initial-access credential-access t1133 t1110
failed_public   | medium   | Failed Logon From Public IP | initial-access credential-access t1078 t1110
rdp_outbound    | medium   | Outbound RDP Connections Over Non-Standard Tools | lateral-movement t1021.001
service_odd     | high     | Suspicious Service Installation | persistence privilege-escalation t1543.003
service_remote  | medium   | Uncommon Service Installation Image Path | persistence privilege-escalation t1543.003
defender_off    | high     | Powershell Defender Disable Scan Feature | defense-impairment t1685
defender_excl   | medium   | Powershell Defender Exclusion | defense-impairment t1685
log_clear       | high     | Suspicious Eventlog Clearing or Configuration Change Activity | defense-impairment t1685.001
shadow          | high     | Shadow Copies Deletion Using Operating Systems Utilities | impact stealth t1490
bcdedit         | high     | Boot Configuration Tampering Via Bcdedit.EXE | impact t1490
wbadmin         | medium   | Windows Backup Deleted Via Wbadmin.EXE | impact t1490
renamed_files   | medium   | Suspicious Multiple File Rename Or Delete Occurred | impact t1486
stop_service    | low      | Stop Windows Service Via Sc.EXE | impact t1489
archive         | medium   | Compress Data and Lock With Password for Exfiltration With 7-ZIP | collection t1560.001
rclone          | high     | PUA - Rclone Execution | exfiltration t1567.002
mega            | medium   | DNS Query To MEGA Hosting Website | exfiltration t1567.002
usb             | low      | USB Device Plugged | initial-access t1200
share_access    | medium   | Suspicious Access to Sensitive File Extensions | collection t1039
web_child       | high     | Suspicious Process By Web Server Process | persistence initial-access t1505.003 t1190
webshell        | high     | Webshell Hacking Activity Patterns | persistence discovery t1505.003 t1018
webshell_recon  | high     | Webshell Detection With Command Line Keywords | persistence discovery t1505.003 t1087
aspx_write      | high     | Suspicious MSExchangeMailboxReplication ASPX Write | initial-access persistence t1190 t1505.003
mailbox_export  | critical | Mailbox Export to Exchange Webserver | persistence t1505.003
sql_child       | high     | Suspicious Child Process Of SQL Server | initial-access persistence t1505.003 t1190
new_user        | medium   | New User Created Via Net.EXE | persistence t1136.001
local_admin     | medium   | User Added to Local Administrators Group | persistence t1098
anydesk         | high     | Remote Access Tool - AnyDesk Silent Installation | command-and-control t1219
anydesk_run     | medium   | Remote Access Tool - AnyDesk Execution | command-and-control t1219
tunnel          | high     | PUA - Chisel Tunneling Tool Execution | command-and-control t1090.001
certutil        | medium   | Suspicious Download Via Certutil.EXE | stealth t1027
vendor_child    | high     | Suspicious Shells Spawned By Java Utility Keytool | initial-access persistence
linux_webshell  | high     | Linux Webshell Indicators | persistence t1505.003
linux_base64    | medium   | Linux Base64 Encoded Pipe to Shell | stealth t1140
linux_reverse   | high     | Suspicious Reverse Shell Command Line | execution t1059.004
linux_recon     | low      | System Owner or User Discovery - Linux | discovery t1033
linux_suid      | medium   | Privilege Escalation Preparation | execution t1059.004
linux_sudo      | high     | Sudo Privilege Escalation CVE-2019-14287 | privilege-escalation t1068 t1548.003
linux_cron      | medium   | Modifying Crontab | persistence t1053.003
linux_download  | medium   | Execution Of Script Located In Potentially Suspicious Directory | execution
linux_shadow    | medium   | Access of Sudoers and Shadow File Content | credential-access t1003.008
linux_history   | high     | History File Deletion | credential-access t1552.003
linux_tools     | medium   | Disabling Security Tools | defense-impairment t1685
linux_miner     | high     | Linux Crypto Mining Indicators | impact t1496
linux_ssh       | medium   | Suspicious SSH Key Use By Service Account | lateral-movement t1021.004
`;

function parse(): Map<string, Rule> {
  const known = new Map(sampleRecords().map((record) => [record.rule_title, record]));
  return new Map(
    table
      .trim()
      .split("\n")
      .map((line) => {
        const [key = "", level = "", title = "", tags = ""] = line.split("|").map((part) => part.trim());
        const digits = createHash("sha256").update(title).digest("hex");
        const invented = `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
        const rule: Rule = {
          ruleId: known.get(title)?.rule_id ?? invented,
          title,
          level: level as Level,
          tags: tags.split(" ").map((tag) => `attack.${tag}`),
          author: "SigmaHQ",
        };
        return [key, rule];
      }),
  );
}

let parsed: Map<string, Rule> | undefined;

/** The rule of this key in the table. */
export function attackRule(key: string): Rule {
  parsed ??= parse();
  const rule = parsed.get(key);
  if (rule === undefined) throw new Error(`no rule ${key}`);
  return rule;
}
