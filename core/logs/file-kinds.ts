/**
 * What a file is, by its path and name: the parts of an operating system, of security software and of administration that nobody may end, delete
 * or block because one rule fired on them, and data, whose hash says nothing about a program.
 */
import table from "./protected-files.json" with { type: "json" };

export type FileKind = "system" | "administration" | "security" | "installed" | "data" | "program" | "unknown";

const systemNames = new Set<string>(table.system);
const administrationNames = new Set<string>(table.administration);
const sensorNames = new Set<string>(table.sensors);
const sensorFolders = new RegExp(`[\\\\/](?:${table.sensorFolders.join("|")})(?:[\\\\/]|$)`, "i");

/** Where ordinary accounts may write within folders of the system. */
const writable =
  /^\\windows\\(?:temp|tasks|tracing|debug|fonts|help|media|pla|registration|prefetch|syswow64\\tasks|system32\\(?:tasks|spool\\drivers\\color|microsoft\\crypto\\rsa\\machinekeys|com\\dmp|fxstmp)|servicestate|serviceprofiles)(?:\\|$)/;
const windowsFolder = /^\\(?:windows(?:\.old)?|winnt|\$windows\.~bt|efi|boot|recovery)(?:\\|$)/;
const installedFolder =
  /^\\(?:program files(?: \(x86\)| \(arm\))?|progra~[1-4]|programme(?: \(x86\))?|programmi|archivos de programa|windowsazure|packages\\plugins|swsetup|drivers|dell|intel|amd|nvidia|programdata\\(?:microsoft|amazon|google|dell|hp|lenovo|vmware|docker|package cache|chocolatey\\(?:bin|lib)|ssh))(?:\\|$)/;
const unixSystem =
  /^\/(?:usr\/(?:s?bin|lib(?:32|64|exec)?|share|local\/s?bin)|s?bin|lib(?:32|64)?|boot|system|etc|proc|sys|dev(?!\/shm)|run(?!\/(?:user|shm))|library\/apple|private\/etc|snap)(?:\/|$)/;
const unixInstalled = /^\/(?:opt|applications|library|usr\/local|var\/lib)(?:\/|$)/;

const programEnding =
  /\.(?:exe|dll|sys|scr|com|pif|cpl|ocx|drv|msi|msp|mst|ps1|psm1|psd1|bat|cmd|vbs|vbe|js|jse|wsf|wsh|hta|jar|lnk|elf|so|dylib|bin|run|sh|py|pyc|pl|rb|php|asp|aspx|ashx|asmx|jsp|jspx|appx|msix|iso|img|vhd|xll|wll|chm|sct|xsl|inf|url|docm|xlsm|pptm|ko|o|app|pkg|dmg|deb|rpm|apk|node|efi|mui)$/;
const dataEnding =
  /\.(?:txt|log|csv|json|xml|ini|cfg|conf|config|dat|db|sqlite|dit|evtx|etl|pf|png|jpe?g|gif|bmp|ico|svg|webp|mp[34]|wav|avi|docx?|xlsx?|pptx?|pdf|rtf|zip|rar|7z|gz|tgz|tar|bz2|xz|cab|tmp|bak|old|dmp|mdmp|kirbi|ccache|keytab|pem|key|crt|cer|pfx|p12|html?|css|md|yml|yaml|lst|hiv|sav|edb|pst|ost|eml|msg|part|crdownload|lock|locked|enc|encrypted|manifest|pol|adm|admx|cookies?|history|cache)$/;

/** What PowerShell writes at each start to learn whether scripts are restricted. */
const policyTest = /^__psscriptpolicytest_/;

/** `C:\Windows\a.exe` and its other spellings as `\windows\a.exe`; other paths in lower case. */
function normalised(path: string): string {
  let text = path
    .trim()
    .replace(/^["']+|["']+$/g, "")
    .replace(/\/(?=[^/]*\\)|(?<=^[A-Za-z]:.*)\//g, "\\");
  text = text
    .replace(/^(?:\\\\[?.]\\|\\\?\?\\|file:_?\/*)/i, "")
    .replace(/^(?:%systemroot%|%windir%|\\systemroot|\$env:(?:systemroot|windir))(?=\\|$)/i, "C:\\Windows")
    .replace(/^(?:%programfiles(?:\(x86\))?%)(?=\\|$)/i, "C:\\Program Files")
    .replace(/^(?:%comspec%)/i, "C:\\Windows\\System32\\cmd.exe")
    .replace(/^(?:%programdata%|%allusersprofile%)(?=\\|$)/i, "C:\\ProgramData")
    .replace(/^system32(?=\\)/i, "C:\\Windows\\System32")
    .replace(/^\\device\\(?:harddiskvolume\d+|mup|lanmanredirector)(?=\\)/i, "C:")
    // A share of a disk: \\host\C$\Windows is Windows too.
    .replace(/^\\\\[^\\]+\\(?:[a-z]\$|admin\$)(?=\\|$)/i, (share) => (/admin\$/i.test(share) ? "C:\\Windows" : "C:"))
    .replace(/^[a-z]:/i, "");
  // "..\" leads elsewhere, doubled signs nowhere.
  const separator = text.includes("\\") ? "\\" : "/";
  const parts: string[] = [];
  for (const part of text.split(/[\\/]+/)) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part.toLowerCase().replace(/[. ]+$/, ""));
  }
  return parts.join(separator);
}

/** The last part of a path, as it is written; without a stream's name. */
export function fileName(path: string): string {
  return (
    path
      .trim()
      .replace(/^["']+|["']+$/g, "")
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/(?<=.):[^:]*(?::\$data)?$/i, "")
      .trim() ?? ""
  );
}

/** Whether a file of this name is a program, a library or a script. */
export function isProgramName(path: string): boolean {
  return programEnding.test(fileName(path).toLowerCase());
}

/** What a file is by its path. `original`: the name that its maker gave it (`OriginalFileName`), which copies under another name keep; "" = not known. */
export function fileKind(path: string, original = ""): FileKind {
  const name = fileName(path).toLowerCase();
  if (name === "") return "unknown";
  // A stream, such as Zone.Identifier, is about a file and no program.
  if (/[^\\/:]:[^\\/:]+(?::\$data)?$/i.test(path.trim().replace(/^[a-z]:/i, ""))) return "data";
  const place = normalised(path);
  if (sensorNames.has(name) || sensorNames.has(original.toLowerCase()) || sensorFolders.test(path)) return "security";
  const isLocated = /[\\/]/.test(place);
  if (windowsFolder.test(place) && !writable.test(place)) return "system";
  if (unixSystem.test(place)) return "system";
  if (administrationNames.has(name) || administrationNames.has(original.toLowerCase())) return "administration";
  if (systemNames.has(name) || systemNames.has(original.toLowerCase())) return "system";
  if (installedFolder.test(place) || unixInstalled.test(place)) return "installed";
  if (dataEnding.test(name) || policyTest.test(name)) return "data";
  if (!isLocated) return "unknown";
  if (programEnding.test(name)) return "program";
  // On Linux programs need no ending.
  return place.startsWith("/") && !/\.[a-z0-9]{1,5}$/.test(name.replace(/^\./, "")) ? "program" : "data";
}

/** Whether a file may be ended, deleted or blocked by its hash: a program outside of everything that belongs to a system. */
export function isExpendable(path: string, original = ""): boolean {
  return fileKind(path, original) === "program";
}
/** Whether its maker is a vendor of systems or of security: then it is a copy of what runs everywhere, wherever it lies. */
export function isVendors(company: string): boolean {
  return new RegExp(table.vendors.join("|"), "i").test(company);
}
