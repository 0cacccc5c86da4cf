/**
 * A strict RFC 5424 parser for tests: written from the RFC's grammar (section 6) alone, so that it shares no mistake with the
 * encoder. It is stricter than a receiver must be in two points: bad UTF-8 anywhere and unknown escapes are errors.
 */

export interface ParsedElement {
  id: string;
  params: [name: string, value: string][];
}

/** Null stands for the NILVALUE; `msg` is null where there is none, and keeps a BOM. */
export interface ParsedMessage {
  pri: number;
  facility: number;
  severity: number;
  timestamp: string | null;
  hostname: string | null;
  appName: string | null;
  procid: string | null;
  msgid: string | null;
  sd: ParsedElement[];
  msg: string | null;
}

/** SD-IDs without `@` that IANA has registered (RFC 5424 9.2). */
const registeredIds = ["timeQuality", "origin", "meta"];

/** Parses one message without framing. Throws an Error that names the rule and the position at any violation. */
export function parseRfc5424(input: Uint8Array | string): ParsedMessage {
  return new Parser(textOf(input)).message();
}

function textOf(input: Uint8Array | string): string {
  if (typeof input === "string") {
    if (!input.isWellFormed()) throw new Error("not UTF-8: a lone surrogate");
    return input;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input);
  } catch {
    throw new Error("not UTF-8: the bytes cannot be decoded");
  }
}

class Parser {
  private at = 0;
  constructor(private readonly text: string) {}

  message(): ParsedMessage {
    const pri = this.pri();
    this.expect("1", "VERSION is not 1");
    this.space();
    const timestamp = this.timestamp();
    this.space();
    const hostname = this.field("HOSTNAME", 255);
    this.space();
    const appName = this.field("APP-NAME", 48);
    this.space();
    const procid = this.field("PROCID", 128);
    this.space();
    const msgid = this.field("MSGID", 32);
    this.space();
    const sd = this.structuredData();
    const msg = this.msg();
    return { pri, facility: pri >> 3, severity: pri & 7, timestamp, hostname, appName, procid, msgid, sd, msg };
  }

  private pri(): number {
    this.expect("<", "PRI does not begin with <");
    const digits = this.while((code) => code >= 0x30 && code <= 0x39);
    if (digits === "" || digits.length > 3) this.fail("PRI has not 1 to 3 digits");
    if (digits.length > 1 && digits.startsWith("0")) this.fail("PRI has a leading zero");
    if (Number(digits) > 191) this.fail("PRI is over 191");
    this.expect(">", "PRI does not end with >");
    return Number(digits);
  }

  private timestamp(): string | null {
    const value = this.field("TIMESTAMP", 32);
    if (value === null) return null;
    const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?(?:Z|[+-](\d\d):(\d\d))$/.exec(value);
    if (form === null) return this.fail(`TIMESTAMP ${value} has not the form of RFC 3339`);
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = form
      .slice(1)
      .map((part) => Number(part ?? 0));
    const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
    const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
    if (days === undefined || day < 1 || day > days) this.fail(`TIMESTAMP ${value} is no day of the calendar`);
    if (hour > 23 || minute > 59 || second > 59) this.fail(`TIMESTAMP ${value} is no time of day`);
    if (zoneHour > 23 || zoneMinute > 59) this.fail(`TIMESTAMP ${value} has no valid offset`);
    return value;
  }

  private field(name: string, longest: number): string | null {
    const value = this.while((code) => code >= 33 && code <= 126);
    if (value === "") this.fail(`${name} is empty or has a character that is not PRINTUSASCII`);
    if (value.length > longest) this.fail(`${name} is longer than ${longest}`);
    return value === "-" ? null : value;
  }

  private structuredData(): ParsedElement[] {
    if (this.peek() === "-") {
      this.at++;
      return [];
    }
    const elements: ParsedElement[] = [];
    while (this.peek() === "[") {
      const element = this.element();
      if (elements.some(({ id }) => id === element.id)) this.fail(`SD-ID ${element.id} occurs twice`);
      elements.push(element);
    }
    if (elements.length === 0) this.fail("STRUCTURED-DATA is neither - nor an SD-ELEMENT");
    return elements;
  }

  private element(): ParsedElement {
    this.expect("[", "SD-ELEMENT does not begin with [");
    const id = this.name("SD-ID");
    if (!registeredIds.includes(id) && !/^[^@]+@\d+(?:\.\d+)*$/.test(id)) {
      this.fail(`SD-ID ${id} is neither registered nor name@enterprise-number`);
    }
    const params: ParsedElement["params"] = [];
    while (this.peek() === " ") {
      this.at++;
      const name = this.name("PARAM-NAME");
      this.expect("=", "PARAM-NAME is not followed by =");
      const value = this.value();
      if (id === "meta" && name === "sequenceId" && !(/^[1-9]\d{0,9}$/.test(value) && Number(value) < 2 ** 31)) {
        this.fail(`sequenceId ${value} is not 1 to 2147483647`);
      }
      params.push([name, value]);
    }
    this.expect("]", "SD-ELEMENT does not end with ]");
    return { id, params };
  }

  private name(what: string): string {
    const name = this.while((code) => code >= 33 && code <= 126 && code !== 0x3d && code !== 0x5d && code !== 0x22);
    if (name === "") this.fail(`${what} is empty or has a character that is not allowed`);
    if (name.length > 32) this.fail(`${what} is longer than 32`);
    return name;
  }

  private value(): string {
    this.expect('"', "PARAM-VALUE does not begin with a quote");
    let value = "";
    for (;;) {
      const character = this.peek();
      this.at++;
      if (character === '"') return value;
      if (character === "") this.fail("PARAM-VALUE has no end");
      if (character === "]") this.fail("PARAM-VALUE has an unescaped ]");
      if (character !== "\\") {
        value += character;
        continue;
      }
      const escaped = this.peek();
      if (escaped !== '"' && escaped !== "\\" && escaped !== "]") this.fail(`PARAM-VALUE has the escape \\${escaped}`);
      value += escaped;
      this.at++;
    }
  }

  private msg(): string | null {
    if (this.at === this.text.length) return null;
    this.expect(" ", "STRUCTURED-DATA is not followed by a space");
    return this.text.slice(this.at);
  }

  private while(allowed: (code: number) => boolean): string {
    const from = this.at;
    while (this.at < this.text.length && allowed(this.text.charCodeAt(this.at))) this.at++;
    return this.text.slice(from, this.at);
  }

  private peek(): string {
    return this.text.charAt(this.at);
  }

  private space(): void {
    this.expect(" ", "a header field is not followed by one space");
  }

  private expect(character: string, problem: string): void {
    if (this.peek() !== character) this.fail(problem);
    this.at++;
  }

  private fail(problem: string): never {
    const near = JSON.stringify(this.text.slice(Math.max(0, this.at - 20), this.at + 20));
    throw new Error(`${problem}, at character ${this.at} near ${near}`);
  }
}
