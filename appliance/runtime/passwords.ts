/** Password hashes: argon2id with the parameters of OWASP's Password Storage Cheat Sheet (19 MiB, 2 rounds, 1 lane). */
import { platform } from "#platform";
import { EdgeError } from "../../core/errors.ts";

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Also false if the hash cannot be read. */
  verify(password: string, hash: string): Promise<boolean>;
}

/** Each takes 19 MiB and about 60 ms of a core: the limits of concurrent and of waiting hashes. */
const atATime = 2;
const mostWaiting = 50;

/** `memoryKiB`, `rounds`: for tests, which hash often. */
export function argon2id(memoryKiB = 19_456, rounds = 2): PasswordHasher {
  const queue = new Queue();
  return {
    hash: (password) => queue.run(() => platform.hashPassword(password, { memoryKiB, rounds })),
    verify: (password, hash) => queue.run(() => platform.verifyPassword(password, hash).catch(() => false)),
  };
}

class Queue {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= atATime) {
      if (this.#waiting.length >= mostWaiting)
        throw new EdgeError("logins_busy", "too many logins at the same time: try again in a few seconds");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      // The next waiting one runs instead.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
