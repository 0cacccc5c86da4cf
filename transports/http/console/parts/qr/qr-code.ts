/**
 * QR codes (ISO/IEC 18004): bytes, error correction of level M, versions 1 to 10. Made here, because the secret of a second factor must not
 * leave the appliance, and phones read nothing else as easily.
 */

/** By version, from 1: all codewords, those of correction in each block, blocks, and centres of alignment patterns. */
const versions: readonly { all: number; correction: number; blocks: number; centres: readonly number[] }[] = [
  { all: 26, correction: 10, blocks: 1, centres: [] },
  { all: 44, correction: 16, blocks: 1, centres: [6, 18] },
  { all: 70, correction: 26, blocks: 1, centres: [6, 22] },
  { all: 100, correction: 18, blocks: 2, centres: [6, 26] },
  { all: 134, correction: 24, blocks: 2, centres: [6, 30] },
  { all: 172, correction: 16, blocks: 4, centres: [6, 34] },
  { all: 196, correction: 18, blocks: 4, centres: [6, 22, 38] },
  { all: 242, correction: 22, blocks: 4, centres: [6, 24, 42] },
  { all: 292, correction: 22, blocks: 5, centres: [6, 26, 46] },
  { all: 346, correction: 26, blocks: 5, centres: [6, 28, 50] },
];

const masks: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Rows of modules, true = dark, without the margin of four that belongs around it; null for a text of more than 213 bytes. */
export function qrCode(text: string): boolean[][] | null {
  const bytes = new TextEncoder().encode(text);
  const at = versions.findIndex(({ all, correction, blocks }, index) => {
    const head = index + 1 < 10 ? 2 : 3;
    return bytes.length <= all - correction * blocks - head;
  });
  const version = versions[at];
  if (version === undefined) return null;
  const codewords = interleaved(dataOf(bytes, at + 1, version.all - version.correction * version.blocks), version);
  const drawn = masks.map((_, mask) => drawnWith(codewords, at + 1, version.centres, mask));
  return drawn.reduce((best, one) => (penaltyOf(one) < penaltyOf(best) ? one : best));
}

function dataOf(bytes: Uint8Array, version: number, capacity: number): number[] {
  const bits: number[] = [];
  const add = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1);
  };
  // Mode "bytes", their number, themselves.
  add(0b0100, 4);
  add(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) add(byte, 8);
  add(0, Math.min(4, capacity * 8 - bits.length));
  add(0, (8 - (bits.length % 8)) % 8);
  const data: number[] = [];
  for (let i = 0; i < bits.length; i += 8) data.push(bits.slice(i, i + 8).reduce((sum, bit) => sum * 2 + bit, 0));
  for (let pad = 0xec; data.length < capacity; pad ^= 0xec ^ 0x11) data.push(pad);
  return data;
}

/** Blocks of data with their correction, one codeword of each in turn. */
function interleaved(
  data: readonly number[],
  { correction, blocks }: { correction: number; blocks: number },
): number[] {
  const short = Math.floor(data.length / blocks);
  const longOnes = data.length % blocks;
  const divisor = divisorOf(correction);
  let at = 0;
  const parts = Array.from({ length: blocks }, (_, block) => {
    const own = data.slice(at, at + short + (block >= blocks - longOnes ? 1 : 0));
    at += own.length;
    return { own, check: remainderOf(own, divisor) };
  });
  const result: number[] = [];
  for (let i = 0; i <= short; i++) for (const { own } of parts) if (i < own.length) result.push(own[i] ?? 0);
  for (let i = 0; i < correction; i++) for (const { check } of parts) result.push(check[i] ?? 0);
  return result;
}

/** Product in the field of 256 elements with the polynomial 0x11d. */
function product(a: number, b: number): number {
  let sum = 0;
  for (let bit = 7; bit >= 0; bit--) {
    sum = (sum << 1) ^ ((sum >>> 7) * 0x11d);
    sum ^= ((b >>> bit) & 1) * a;
  }
  return sum;
}

function divisorOf(degree: number): number[] {
  const result = [...Array<number>(degree - 1).fill(0), 1];
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) result[j] = product(result[j] ?? 0, root) ^ (result[j + 1] ?? 0);
    root = product(root, 2);
  }
  return result;
}

function remainderOf(data: readonly number[], divisor: readonly number[]): number[] {
  const result = Array<number>(divisor.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ (result.shift() ?? 0);
    result.push(0);
    divisor.forEach((one, i) => {
      result[i] = (result[i] ?? 0) ^ product(one, factor);
    });
  }
  return result;
}

function drawnWith(
  codewords: readonly number[],
  version: number,
  centres: readonly number[],
  mask: number,
): boolean[][] {
  const size = version * 4 + 17;
  const dark = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  const fixed = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  const set = (x: number, y: number, isDark: boolean) => {
    const [row, kept] = [dark[y], fixed[y]];
    if (row === undefined || kept === undefined || x < 0 || x >= size) return;
    row[x] = isDark;
    kept[x] = true;
  };
  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  const square = (cx: number, cy: number, radius: number, isDark: (ring: number) => boolean) => {
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++) set(cx + dx, cy + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
  };
  const last = size - 7;
  for (const [cx, cy] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    square(cx, cy, 4, (ring) => ring !== 2 && ring !== 4);
  for (const cx of centres)
    for (const cy of centres) {
      const isFinder = (cx === 6 && (cy === 6 || cy === last)) || (cx === last && cy === 6);
      if (!isFinder) square(cx, cy, 2, (ring) => ring !== 1);
    }
  drawFormat(set, size, mask);
  if (version >= 7) drawVersion(set, size, version);
  drawCodewords(dark, fixed, codewords, masks[mask] ?? (() => false));
  return dark;
}

type Setter = (x: number, y: number, isDark: boolean) => void;

/** Level M, which is 00, and the mask. */
function drawFormat(set: Setter, size: number, mask: number): void {
  let rest = mask;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
  const bits = ((mask << 10) | rest) ^ 0x5412;
  const bit = (i: number) => ((bits >>> i) & 1) === 1;
  for (let i = 0; i <= 5; i++) set(8, i, bit(i));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let i = 9; i < 15; i++) set(14 - i, 8, bit(i));
  for (let i = 0; i < 8; i++) set(size - 1 - i, 8, bit(i));
  for (let i = 8; i < 15; i++) set(8, size - 15 + i, bit(i));
  set(8, size - 8, true);
}

function drawVersion(set: Setter, size: number, version: number): void {
  let rest = version;
  for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let i = 0; i < 18; i++) {
    const isDark = ((bits >>> i) & 1) === 1;
    const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
    set(a, b, isDark);
    set(b, a, isDark);
  }
}

/** In columns of two, from the right, upwards and downwards in turn. */
function drawCodewords(
  dark: boolean[][],
  fixed: readonly boolean[][],
  codewords: readonly number[],
  mask: (x: number, y: number) => boolean,
): void {
  const size = dark.length;
  let at = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++)
      for (const x of [right, right - 1]) {
        const y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
        const row = dark[y];
        if (row === undefined || fixed[y]?.[x]) continue;
        const bit = ((codewords[at >>> 3] ?? 0) >>> (7 - (at & 7))) & 1;
        at++;
        row[x] = (bit === 1) !== mask(x, y);
      }
  }
}

/** Long runs of one colour, and a share of dark far from half, are hard to read. */
function penaltyOf(dark: readonly boolean[][]): number {
  const size = dark.length;
  let penalty = 0;
  for (const across of [true, false])
    for (let a = 0; a < size; a++) {
      let run = 0;
      for (let b = 0; b < size; b++) {
        const cell = (i: number) => (across ? dark[a]?.[i] : dark[i]?.[a]);
        run = b > 0 && cell(b) === cell(b - 1) ? run + 1 : 1;
        if (run === 5) penalty += 3;
        else if (run > 5) penalty++;
      }
    }
  const share = dark.flat().filter(Boolean).length / (size * size);
  return penalty + Math.floor(Math.abs(share - 0.5) * 20) * 10;
}
