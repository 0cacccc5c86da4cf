/** Secrets that are recognised by their own shape, whatever stands before them. Each pattern's first group stays. */

const word = "(?<![\\w-])";

/** What tokens of the big providers begin with, and how they go on. */
const tokens = [
  "(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])",
  "LTAI[0-9A-Za-z]{12,30}",
  "gh[pousr]_[0-9A-Za-z]{16,255}",
  "github_pat_\\w{16,255}",
  "gl(?:pat|rt|dt|cbt|ptt|ft|soat|imt|agent|oas)-[\\w.-]{12,255}",
  "xox[abeoprs](?:\\.xox[a-z])?-[\\w-]{8,255}",
  "xapp-\\d-[\\w-]{8,255}",
  "[sprk]k_(?:live|test)_\\w{8,255}",
  "whsec_[\\w+/=]{16,255}",
  "AIza[\\w-]{30,60}",
  "ya29\\.[\\w.-]{8,2000}",
  "1//0[\\w-]{20,255}",
  "GOCSPX-[\\w-]{16,255}",
  "npm_[0-9A-Za-z]{20,255}",
  "pypi-[\\w-]{16,1000}",
  "SG\\.[\\w-]{10,80}\\.[\\w-]{10,120}",
  "sk-(?=[\\w-]{0,80}\\d)[\\w-]{18,255}",
  "hf_[0-9A-Za-z]{20,255}",
  "dckr_(?:pat|oat)_[\\w-]{16,255}",
  "do[opr]_v1_[0-9a-f]{30,128}",
  "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,128}",
  "hv[sbr]\\.[\\w-]{16,255}",
  "AT(?:ATT|CTT|BB)[\\w=.-]{16,400}",
  "lin_api_\\w{16,255}",
  "PMAK-[0-9a-f-]{24,255}",
  "NR(?:AK|II|JS)-[\\w-]{16,255}",
  "sq0(?:csp|atp|idp)-[\\w-]{16,255}",
  "AGE-SECRET-KEY-1[0-9A-Z]{20,255}",
  "dapi[0-9a-f]{32}(?:-\\d)?",
  "key-[0-9a-f]{32}",
  "rubygems_[0-9a-f]{40,64}",
  "gl(?:sa|c)_[\\w=+/]{20,500}",
  "nvapi-[\\w-]{20,255}",
  "gsk_[0-9A-Za-z]{20,255}",
  "tskey-[\\w-]{12,255}",
  "sntrys_[\\w=+/.-]{20,500}",
  "ops_eyJ[\\w=+/.-]{20,2000}",
  "pul-[0-9a-f]{40}",
  "sbp_[0-9a-f]{40}",
  "EAA[0-9A-Za-z]{40,500}",
  "\\d{8,10}:AA[\\w-]{30,40}",
  "[MNO][\\w-]{23,27}\\.[\\w-]{6}\\.[\\w-]{27,40}",
  "[\\w~.-]{3}\\dQ~[\\w~.-]{31,36}",
  "smk_[0-9A-Za-z]{36}(?![0-9A-Za-z])",
];

const hex32 = "[0-9a-f]{32}";

export const shapes: readonly RegExp[] = [
  new RegExp(`${word}()(?:${tokens.join("|")})`, "g"),
  // JSON web tokens, and other tokens that begin with a JSON object.
  /()(?<![\w-])eyJ[\w-]{8,4000}\.[\w-]{4,8000}(?:\.[\w-]{0,4000}){0,3}/g,
  /(hooks\.slack\.com\/(?:services|workflows)\/)[\w/]{8,200}/g,
  /((?:discord(?:app)?\.com)\/api\/webhooks\/\d+\/)[\w-]{16,200}/g,
  // Private keys, to where they end or the text does.
  /(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)(?:[^-]|-(?!----))+/g,
  /(PuTTY-User-Key-File-\d: [^\n]{0,40})(?:[^\n]|\n(?!\n))+/g,
  // NTLM hashes: LM and NT together always, one alone where something says what it is.
  new RegExp(`()(?<![\\w])${hex32}:${hex32}(?![\\w])`, "gi"),
  new RegExp(`((?:^|\\s)(?:-H|--?hash(?:es)?|--?nt-?hash|--?lm-?hash|--?pth)[\\s=:]+["']?:?)${hex32}(?![\\w])`, "gi"),
  new RegExp(`(/(?:ntlm|rc4|hash|nthash|pth|krbtgt|aes128|des|service|user_key):["']?:?)${hex32}(?![\\w])`, "gi"),
  new RegExp(`(\\b(?:ntlm|lm|nt|rc4(?:_hmac\\w{0,20})?)(?: hash)?\\s{0,12}[:=]\\s{0,4})${hex32}(?![\\w])`, "gi"),
  /(\bInvoke-(?:WMIExec|SMBExec|SMBClient|SMBEnum|TheHash)\b[^\n]{0,300}?-Hash\s{1,4}["']?)[0-9a-f]{32}(?:[0-9a-f]{33})?/gi,
  /((?:\/(?:aes256|krbkey256|aes)|-{1,2}aes-?key|-aes256)[\s:=]+["']?)(?:[0-9a-f]{64}|[0-9a-f]{32})(?!\w)/gi,
  // Hashes of passwords as /etc/shadow, roasted tickets and captured answers have them.
  /()\$krb5\w{2,6}\$[^\s"']{20,8000}/g,
  /()(?<!\w)\$(?:1|2[abxy]|5|6|7|y|gy|argon2(?:id|i|d)|apr1)\$[\w./$=,+-]{12,300}/g,
  /((?<![\w:])[\w.$-]{1,64}::[\w.-]{0,64}:)[0-9a-f]{16}:[0-9a-f]{32,64}:[0-9a-f]{8,4000}/gi,
  // Addresses with a password, or with a token in the user's place.
  /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>]{0,100}:)(?!\/\/)[^\s"'<>@/]{1,200}(?:@[^\s"'<>@/]{1,200}){0,2}(?=@)/gi,
  /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>]{0,100}:)(?!\d{1,5}\/)[^\s"'<>@]{1,200}(?=@[\w.-]+(?:[:/\s"']|$))/gi,
  /(https?:\/\/)[\w.~-]{20,255}(?=@[\w.-]+)/gi,
  // user:password@host, which Impacket and others take; not addresses of mail and accounts behind their label.
  /((?<![\w@:/\\.-])(?:[\w.-]{1,60}[\\/]{1,2})?(?!(?:mailto|sips?|xmpp|acct|users?|username|e?mail|from|to|cc|bcc|upn|account|owner|by|principal|name|login|spn|target|ssh|scp|git|recipient|sender|subject|actor|group)s?:)(?=[\w.$-]{0,60}[a-z])[\w.$-]{2,60}:)(?![\\/])[^\s@"'<>,:]{1,200}(?=@(?:\d{1,3}(?:\.\d{1,3}){3}|[\w-]{1,63}(?:\.[\w-]{1,63}){0,6})(?![\w@]))/gi,
  /((?:^|[\s=])(?:jdbc:oracle:\w+:)?[\w$]{1,40}\/)(?![/\\])[^\s@/\\"']{1,100}(?=@(?:\/\/)?[\w.-]+(?::\d+)?[/:]\w)/gi,
];
