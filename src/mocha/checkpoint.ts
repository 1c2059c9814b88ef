/**
 * The folder of a training's checkpoints: when one is due, which are kept, which one a training resumes from.
 *
 * The newest two stay. Each is written whole under another name first, so a crash at any moment leaves at least the one
 * before. Files that were refused, damaged or of another training, are never removed.
 */
import { access, constants, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FedmtlError } from "../errors.js";
import { ioError, makeFolder } from "../files.js";
import type { ResolvedCheckpoint } from "../options.js";
import { type Facts, readCheckpoint, writeCheckpoint } from "./checkpoint_file.js";
import type { SavedState } from "./saved_state.js";

/** A checkpoint that a training goes on from. */
export interface FoundCheckpoint {
  readonly path: string;
  readonly state: SavedState;
}

const namePattern = /^checkpoint-(\d+)\.safetensors$/;
/** What a killed process may leave of a checkpoint half written (src/files.ts). */
const temporaryPattern = /^\.checkpoint-\d+\.safetensors\.[0-9a-f]{12}\.tmp$/;
const filesKept = 2;

const roundOf = (name: string): number => Number(namePattern.exec(name)?.[1]);

/** One training's checkpoints. */
export class CheckpointFolder {
  readonly #options: ResolvedCheckpoint;
  readonly #facts: Facts;
  readonly #refused = new Set<string>();
  /** Newest first. */
  #kept: string[] = [];
  #writtenAt = performance.now();

  private constructor(options: ResolvedCheckpoint, facts: Facts) {
    this.#options = options;
    this.#facts = facts;
  }

  /**
   * Makes the folder if need be, and finds the newest checkpoint that fits if the training shall resume. One that is damaged
   * or belongs to another training is named in a warning, and the one before it is tried.
   *
   * @throws FedmtlError INVALID_OPTION if there are checkpoints and none shall be resumed from; BAD_MODEL if none of them
   *   fits; IO
   */
  static async open(
    options: ResolvedCheckpoint,
    facts: Facts,
  ): Promise<{ readonly folder: CheckpointFolder; readonly found: FoundCheckpoint | undefined }> {
    const folder = new CheckpointFolder(options, facts);
    const names = await folder.#prepare();
    const [newest] = names;
    if (newest !== undefined && !options.resume) {
      throw new FedmtlError(
        "INVALID_OPTION",
        `${folder.#path(newest)} is there already; resume (--resume, resume: true) to go on from it, or give another folder`,
      );
    }
    return { folder, found: await folder.#newestThatFits(names) };
  }

  /** Whether a checkpoint is due, by rounds or by time. */
  isDue(rounds: number): boolean {
    const { everyRounds, everySeconds } = this.#options;
    const byRounds = everyRounds !== undefined && rounds % everyRounds === 0;
    const seconds = (performance.now() - this.#writtenAt) / 1000;
    return byRounds || (everySeconds !== undefined && seconds >= everySeconds);
  }

  /** Rounds after which the next one is due at the latest. */
  roundsUntilDue(rounds: number): number {
    const { everyRounds } = this.#options;
    return everyRounds === undefined ? Number.POSITIVE_INFINITY : everyRounds - (rounds % everyRounds);
  }

  /** Writes a checkpoint, then removes those before the one before it. @throws FedmtlError IO */
  async write(rounds: number, state: SavedState): Promise<void> {
    const name = `checkpoint-${rounds}.safetensors`;
    await writeCheckpoint(this.#path(name), state, this.#facts);
    this.#refused.delete(name);
    this.#kept = [name, ...this.#kept.filter((other) => other !== name)].slice(0, filesKept);
    for (const other of await this.#list(namePattern)) {
      if (!this.#kept.includes(other) && !this.#refused.has(other)) {
        await rm(this.#path(other), { force: true });
      }
    }
    this.#writtenAt = performance.now();
  }

  /** @returns the names of the checkpoints, newest first */
  async #prepare(): Promise<string[]> {
    const { dir } = this.#options;
    try {
      await makeFolder(dir);
      await access(dir, constants.W_OK);
    } catch (cause) {
      throw ioError("write checkpoints to", dir, cause);
    }
    const names = await this.#list(namePattern);
    return names.sort((a, b) => roundOf(b) - roundOf(a));
  }

  async #newestThatFits(names: readonly string[]): Promise<FoundCheckpoint | undefined> {
    for (const half of names.length === 0 ? [] : await this.#list(temporaryPattern)) {
      await rm(this.#path(half), { force: true });
    }
    const refusals: string[] = [];
    for (const name of names) {
      const path = this.#path(name);
      const result = await readCheckpoint(path, this.#facts);
      if ("state" in result) {
        for (const refusal of refusals) {
          this.#options.onWarning(`${refusal}; resuming from ${path}`);
        }
        this.#kept = [name];
        return { path, state: result.state };
      }
      this.#refused.add(name);
      refusals.push(`cannot resume from ${path}: ${result.refusal}`);
    }
    if (refusals.length > 0) {
      throw new FedmtlError(
        "BAD_MODEL",
        `${refusals.join("; ")}; give the data and options it was made with, or another folder`,
      );
    }
    return undefined;
  }

  async #list(pattern: RegExp): Promise<string[]> {
    try {
      return (await readdir(this.#options.dir)).filter((name) => pattern.test(name));
    } catch (cause) {
      throw ioError("read", this.#options.dir, cause);
    }
  }

  #path(name: string): string {
    return join(this.#options.dir, name);
  }
}
