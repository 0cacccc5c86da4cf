/** From which level on lines are written: that of the settings, or another one until the next restart. */
import type { LogLevel } from "./log.ts";

export class LogLevelSwitch {
  #configured: LogLevel;
  #temporary: LogLevel | null = null;

  constructor(configured: LogLevel) {
    this.#configured = configured;
  }

  get inForce(): LogLevel {
    return this.#temporary ?? this.#configured;
  }

  /** That of the settings. */
  get configured(): LogLevel {
    return this.#configured;
  }

  get isTemporary(): boolean {
    return this.#temporary !== null;
  }

  /** Takes over the settings. A level that somebody has chosen for the time being stays in force. */
  configure(level: LogLevel): void {
    this.#configured = level;
  }

  /** Null = that of the settings again. */
  choose(level: LogLevel | null): void {
    this.#temporary = level;
  }
}
